import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { defaultOssLimits } from './limits.js';
import { ReaderGone } from './read-object.js';
import { sendAnswer } from './send-answer.js';

const body = 'é'.repeat(8 * 1024 * 1024);
const outcomes: Promise<unknown>[] = [];
const server = createServer((req, res) => {
  const exchange = { req, res, limits: { ...defaultOssLimits, idleMs: 500 }, bodyWithheld: false, close: false };
  const sent = sendAnswer({ ...exchange, pace: undefined }, { status: 200, body }, {}, () => 0);
  outcomes.push(sent.catch((error: unknown) => error));
});
const listen = async (): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('a text that nobody reads is given up', async () => {
  const socket = connect(await listen(), '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [accepted] = await once(server, 'connection');
  await once(accepted, 'close');
  expect(await outcomes.at(-1)).toBeInstanceOf(ReaderGone);
  socket.destroy();
});

test('a text that is read slowly arrives whole', async () => {
  const port = await listen();
  const [response] = await once(request({ host: '127.0.0.1', port }).end(), 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
    if (chunks.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(Buffer.concat(chunks).equals(Buffer.from(body))).toBe(true);
  expect(await outcomes.at(-1)).toBeUndefined();
});
