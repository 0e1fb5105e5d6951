/** Stands before the data plane, counts the bytes of every part as they arrive, and makes bad things happen. */
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request that carried a part, or a whole file. */
export interface SentPart {
  readonly uploadId: string;
  /** 1 also for a whole file. */
  readonly number: number;
  /** Bytes of the body as announced. */
  readonly size: number;
  /** Bytes of the body that came. */
  arrived: number;
  /** `undefined` when the exchange was cut. */
  status: number | undefined;
  /** When it began and ended, counted in events of this proxy. */
  readonly begun: number;
  ended: number;
}

export interface CountingProxy {
  readonly port: number;
  readonly parts: readonly SentPart[];
  /** Events so far: requests that began or ended. */
  now(): number;
  /** Bytes of bodies so far. */
  bytes(): number;
  /** Cuts every connection and takes no new one until it is called with `false`. */
  offline(on: boolean): void;
  /** From now on every credential seen so far is refused as expired; what is under way goes on, as it does with OSS. */
  expire(): void;
  close(): Promise<void>;
}

/** Time for a client to read a refusal before its connection goes. */
const LINGER_MS = 500;
const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SecurityTokenExpired</Code>' +
  '<Message>The security token you provided has expired.</Message></Error>';

/** @param target port of the data plane @param bytesPerSecond all connections together */
export async function startCountingProxy(port: number, target: number, bytesPerSecond: number): Promise<CountingProxy> {
  const parts: SentPart[] = [];
  const sockets = new Set<Socket>();
  const seen = new Set<string>();
  const expired = new Set<string>();
  let events = 0;
  let bytes = 0;
  let offline = false;
  let free = performance.now();

  /** Waits until the line has carried so many bytes. */
  const carry = async (length: number) => {
    free = Math.max(free, performance.now()) + (length / bytesPerSecond) * 1000;
    const wait = free - performance.now();
    if (wait > 1) await sleep(wait);
  };

  const server = createServer((request, response) => {
    const part = partOf(request, ++events);
    if (part) parts.push(part);
    response.on('close', () => {
      if (part) part.ended = ++events;
    });
    const key = accessKeyOf(request);
    if (key !== undefined) seen.add(key);
    const handled =
      key !== undefined && expired.has(key) ? refuse(request, response, part) : pass(request, response, part);
    handled.catch(() => response.destroy());
  });

  const refuse = async (request: IncomingMessage, response: ServerResponse, part: SentPart | undefined) => {
    if (part) part.status = 403;
    response.writeHead(403, { ...CORS, 'content-type': 'application/xml', connection: 'close' });
    response.write(EXPIRED);
    request.on('data', (chunk: Buffer) => count(part, chunk.length));
    await Promise.race([new Promise((done) => request.once('end', done)), sleep(LINGER_MS)]);
    response.end();
  };

  const count = (part: SentPart | undefined, length: number) => {
    bytes += length;
    if (part) part.arrived += length;
  };

  const pass = async (request: IncomingMessage, response: ServerResponse, part: SentPart | undefined) => {
    const { method, url, headers } = request;
    const onward = httpRequest({ host: '127.0.0.1', port: target, method, path: url, headers });
    onward.on('response', (answer) => {
      if (part) part.status = answer.statusCode;
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    const counted = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        count(part, chunk.length);
        await carry(chunk.length);
        yield chunk;
      }
    };
    await pipeline(request, counted, onward);
  };

  server.on('connection', (socket) => {
    if (offline) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return {
    port,
    parts,
    now: () => events,
    bytes: () => bytes,
    offline(on) {
      offline = on;
      if (on) for (const socket of sockets) socket.destroy();
    },
    expire() {
      for (const key of seen) expired.add(key);
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

const CORS = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag, date, x-oss-request-id' };

function partOf(request: IncomingMessage, begun: number): SentPart | undefined {
  if (request.method !== 'PUT') return undefined;
  const query = new URL(request.url ?? '/', 'http://x').searchParams;
  return {
    uploadId: query.get('uploadId') ?? '',
    number: Number(query.get('partNumber') ?? 1),
    size: Number(request.headers['content-length'] ?? 0),
    arrived: 0,
    status: undefined,
    begun,
    ended: Number.POSITIVE_INFINITY,
  };
}

/** Of a V4 signature in the header. */
function accessKeyOf(request: IncomingMessage): string | undefined {
  return /Credential=([^/,\s]+)/.exec(request.headers.authorization ?? '')?.[1];
}
