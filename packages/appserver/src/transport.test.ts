import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFetchTransport } from './transport.js';

const servers: Server[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

const post = (url: string, options = {}) =>
  createFetchTransport(options)({ method: 'POST', url, headers: { a: 'b' }, body: 'x=1' });

describe('the fetch transport', () => {
  test('posts, and gives status, headers and body of any answer', async () => {
    const url = await serve((req, res) => {
      req.setEncoding('utf8').on('data', (body) => {
        res.writeHead(418, { 'X-Acs-Retry-After': '5' }).end(`${req.method} ${req.headers.a} ${body} é`);
      });
    });
    expect(await post(url)).toMatchObject({ status: 418, body: 'POST b x=1 é', headers: { 'x-acs-retry-after': '5' } });
  });

  test('gives up after the timeout, also in the middle of the body', async () => {
    const url = await serve((_, res) => res.writeHead(200).write('…'));
    await expect(post(url, { timeoutMs: 50 })).rejects.toMatchObject({ name: 'TransportError', code: 'Timeout' });
  });

  test('does not read an endless answer', async () => {
    const url = await serve((_, res) => {
      const more = () =>
        res.destroyed || (res.write('x'.repeat(65_536)) ? setImmediate(more) : res.once('drain', more));
      more();
    });
    await expect(post(url, { maxAnswerBytes: 1_000 })).rejects.toMatchObject({ code: 'AnswerTooLarge' });
  });

  test('follows no redirect', async () => {
    let reached = false;
    const elsewhere = await serve((_, res) => {
      reached = true;
      res.end();
    });
    const url = await serve((_, res) => res.writeHead(307, { location: elsewhere }).end());
    await expect(post(url)).rejects.toMatchObject({ code: 'NetworkError' });
    expect(reached).toBe(false);
  });

  test('names the reason when nobody listens', async () => {
    const url = await serve(() => {});
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await expect(post(url)).rejects.toMatchObject({ code: 'NetworkError', message: /ECONNREFUSED/ });
  });
});
