import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { anyAddress, parseAllowedDestination, publicAddresses } from './address-rules.js';
import { type OutgoingFailed, outgoing, type Resolve } from './outgoing.js';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function serve(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const send = (url: string, more: Partial<Parameters<ReturnType<typeof outgoing>>[0]> = {}, resolve?: Resolve) =>
  outgoing(resolve)({
    url: new URL(url),
    headers: {},
    body: 'hello',
    timeoutMs: 5000,
    maxAnswerBytes: 1000,
    rules: anyAddress,
    ...more,
  });
const failure = (sent: Promise<unknown>) =>
  sent.then(
    () => 'no failure',
    (error: OutgoingFailed) => error.reason,
  );
const open = (text: string) => publicAddresses([parseAllowedDestination(text) ?? never()]);
const never = () => {
  throw new Error('not a destination');
};

it('sends the body and brings back the answer', async () => {
  const seen: unknown[] = [];
  const port = await serve((req, res) => {
    let text = '';
    req
      .on('data', (chunk) => (text += chunk))
      .on('end', () => {
        seen.push(req.method, req.url, req.headers.host, req.headers['content-length'], req.headers.connection, text);
        res.end('answer');
      });
  });
  const headers = { host: 'app.example' };
  const answer = await send(`http://127.0.0.1:${port}/a%20b?c=d#e`, { headers });
  expect([answer.status, answer.body.toString()]).toEqual([200, 'answer']);
  expect(seen).toEqual(['POST', '/a%20b?c=d', 'app.example', '5', 'close', 'hello']);
});

it('does not follow a redirect', async () => {
  let asked = 0;
  const port = await serve((_, res) => {
    asked++;
    res.writeHead(302, { location: '/again' }).end();
  });
  expect((await send(`http://127.0.0.1:${port}/`)).status).toBe(302);
  expect(asked).toBe(1);
});

describe('an answer', () => {
  it('that is too large is not read on', async () => {
    const port = await serve((_, res) => {
      const more = () => {
        if (!res.destroyed) res.write('x'.repeat(10_000), more);
      };
      more();
    });
    expect(await failure(send(`http://127.0.0.1:${port}/`))).toBe('too-large');
  });
  it('that does not come is given up', async () => {
    const port = await serve(() => {});
    expect(await failure(send(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }))).toBe('timeout');
  });
  it('that does not end is given up', async () => {
    const port = await serve((_, res) => void res.writeHead(200).write('x'));
    expect(await failure(send(`http://127.0.0.1:${port}/`, { timeoutMs: 50 }))).toBe('timeout');
  });
  it('is its status alone when nothing else is wanted', async () => {
    const port = await serve((_, res) => void res.writeHead(200).write('x'));
    const { url, ...rest } = { url: `http://127.0.0.1:${port}/` };
    const answer = await outgoing()({
      ...rest,
      url: new URL(url),
      headers: {},
      body: '',
      timeoutMs: 5000,
      rules: anyAddress,
    });
    expect(answer.status).toBe(200);
  });
});

it('a name that does not resolve, or nobody who listens, is unreachable', async () => {
  const noName: Resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
  expect(await failure(send('http://nobody.example/', {}, noName))).toBe('unreachable');
  expect(await failure(send('http://127.0.0.1:1/'))).toBe('unreachable');
});

describe('an address that is not public', () => {
  const rules = publicAddresses();
  it.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0177.0.0.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[::1]:PORT/',
    'http://0:PORT/',
    'http://localhost:PORT/',
  ])('%s is never connected to', async (url) => {
    let connections = 0;
    const port = await serve((_, res) => void res.end());
    servers[0]?.on('connection', () => connections++);
    expect(await failure(send(url.replace('PORT', String(port)), { rules }))).toBe('forbidden');
    expect(connections).toBe(0);
  });

  it('is refused when a public name resolves to it', async () => {
    const port = await serve((_, res) => void res.end());
    const resolve: Resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    expect(await failure(send(`http://app.example:${port}/`, { rules }, resolve))).toBe('forbidden');
  });

  it('is not reached by a name that changes its address after it was looked at', async () => {
    const port = await serve((_, res) => void res.end('ok'));
    let looks = 0;
    const rebinding: Resolve = async () => [{ address: looks++ === 0 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
    const sent = send(`http://app.example:${port}/`, { rules: open('127.0.0.1') }, rebinding);
    expect((await sent).body.toString()).toBe('ok');
    expect(looks).toBe(1);
  });

  it('is passed over when the name has another that is allowed', async () => {
    const port = await serve((_, res) => void res.end('ok'));
    const resolve: Resolve = async () => [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ];
    const sent = send(`http://app.example:${port}/`, { rules: open('127.0.0.1') }, resolve);
    expect((await sent).body.toString()).toBe('ok');
  });
});
