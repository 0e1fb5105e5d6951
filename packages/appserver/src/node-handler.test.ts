import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAppServer } from './app-server.js';
import { toNodeHandler } from './node-handler.js';
import { movableClock, scriptedSts, scriptedTransport } from './testing/scripted.js';
import { createTokenVendor } from './token-vendor.js';
import { createUploadBroker } from './upload-broker.js';
import { uploadScope } from './upload-scope.js';

let server: Server;
let base: string;
const vod = scriptedTransport({ status: 200, body: '{"RequestId":"R","VideoId":"v1"}' });

beforeEach(async () => {
  const clock = movableClock();
  const vendor = createTokenVendor({
    assumeRole: scriptedSts(clock).assumeRole,
    roleArn: 'acs:ram::100:role/uploader',
    sessionPolicy: uploadScope({ bucket: 'media' }),
    clock,
  });
  const handler = createAppServer({
    vendor,
    broker: createUploadBroker({ endpoint: 'http://vod', credentials: vendor.token, transport: vod.transport }),
    identify: (request) => request.headers.get('authorization')?.replace('Bearer ', ''),
    clock,
  });
  server = createServer(toNodeHandler(handler)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const headers = { authorization: 'Bearer alice' };
/** As `express.json()` does it. */
const parseJson = async (request: IncomingMessage & { body?: unknown }): Promise<void> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  request.body = JSON.parse(Buffer.concat(chunks).toString());
};

describe('behind node:http', () => {
  test('a token is vended', async () => {
    const answer = await fetch(`${base}/api/token`, { headers });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ AccessKeyId: 'STS.1', Expiration: '2026-01-01T01:00:00Z' });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('an upload is created with a body that a parser of JSON has read before', async () => {
    const [handle] = server.listeners('request') as ((req: IncomingMessage, res: ServerResponse) => void)[];
    server.removeAllListeners('request');
    server.on('request', (req, res) => void parseJson(req).then(() => handle?.(req, res)));
    const answer = await fetch(`${base}/upload/create`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ kind: 'video', fileName: 'é.mp4' }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ VideoId: 'v1' });
  });

  test('an upload is created with a body that arrives in pieces', async () => {
    const body = new ReadableStream({
      async start(controller) {
        for (const piece of ['{"kind":"video",', '"fileName":"é', '.mp4"}']) {
          controller.enqueue(new TextEncoder().encode(piece));
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        controller.close();
      },
    });
    const answer = await fetch(`${base}/upload/create`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit);
    expect(await answer.json()).toEqual({ RequestId: 'R', VideoId: 'v1' });
    expect(vod.params().get('FileName')).toBe('é.mp4');
  });

  /** Sends it all on one connection and gives the status lines that come back, up to `count`. */
  async function exchange(count: number, ...pieces: (string | Buffer)[]): Promise<readonly string[]> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    for (const piece of pieces) socket.write(piece);
    let text = '';
    const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((m) => m[1] as string);
    for await (const chunk of socket) {
      text += String(chunk);
      if (statuses().length === count) break;
    }
    return statuses();
  }
  const head = (method: string, path: string, ...more: string[]) =>
    [`${method} ${path} HTTP/1.1`, 'host: x', 'authorization: Bearer alice', ...more, '', ''].join('\r\n');
  const LONG = Buffer.alloc(32 * 1_048_576, 'x');
  const LENGTH = LONG.length;

  test.each([
    ['with its length', [`content-length: ${LENGTH}`], [LONG]],
    ['in chunks', ['transfer-encoding: chunked'], [`${LENGTH.toString(16)}\r\n`, LONG, '\r\n0\r\n\r\n']],
  ])('a long body %s is refused, and the connection serves on', async (_, framing, body) => {
    const create = head('POST', '/upload/create', ...framing);
    expect(await exchange(2, create, ...body, head('GET', '/token'))).toEqual(['413', '200']);
  });

  test('a body that nobody asked for does not block the connection', async () => {
    const post = head('POST', '/token', `content-length: ${LENGTH}`);
    expect(await exchange(2, post, LONG, head('GET', '/token'))).toEqual(['200', '200']);
  });

  test.each(['GET http://other/token HTTP/1.1\r\nhost: x', 'GET /token HTTP/1.1\r\nhost: a b'])(
    '400 for %j',
    async (head) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write(`${head}\r\nconnection: close\r\n\r\n`);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      expect(text).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  test('//host/token is a path, not another host', async () => {
    const answer = await fetch(`${base}//evil.example.com/token`, { headers });
    expect(answer.status).toBe(200);
  });

  test('a handler that rejects is a 500', async () => {
    server.removeAllListeners('request').on(
      'request',
      toNodeHandler(() => Promise.reject(new Error('secret'))),
    );
    const answer = await fetch(`${base}/token`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });
});

describe('behind node:http2', () => {
  test('the name it was reached under is that of the request: same origin, and an allowed host', async () => {
    const handler = createAppServer({
      vendor: {
        token: async () => ({
          accessKeyId: 'STS.1',
          accessKeySecret: 's',
          securityToken: 't',
          expiration: '2026-01-01T01:00:00Z',
          issuedAt: 0,
        }),
      },
      identify: () => 'alice',
      allowedHosts: ['127.0.0.1'],
    });
    const listen = toNodeHandler(handler) as (req: unknown, res: unknown) => void;
    const http2 = createHttp2Server((req, res) => listen(req, res)).listen(0, '127.0.0.1');
    await new Promise((resolve) => http2.once('listening', resolve));
    const origin = `http://127.0.0.1:${(http2.address() as AddressInfo).port}`;
    const session = connectHttp2(origin);
    const status = (headers: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': '/token', ...headers });
        stream.on('response', (answer) => resolve(answer[':status']));
        stream.on('error', reject);
        stream.resume().end();
      });
    expect(await status({ origin })).toBe(200);
    expect(await status({ origin: 'http://evil.example.com' })).toBe(403);
    expect(await status({ ':authority': 'rebound.evil.com' })).toBe(421);
    session.close();
    await new Promise((resolve) => http2.close(resolve));
  });
});
