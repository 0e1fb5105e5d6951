import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createListener, listen } from './listener.js';

test('a client that sends request after request and reads no answer is cut off', async () => {
  let served = 0;
  const server = createListener(undefined, (_request, response) => {
    served++;
    setTimeout(() => response.end('x'.repeat(1000)), 200);
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 }, false, '--api');
  try {
    const socket = connect(listener.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(200));
    socket.pause();
    const closed = once(server, 'connection').then(([accepted]) => once(accepted, 'close'));
    await closed;
    expect(served).toBe(1);
    socket.destroy();
  } finally {
    await listener.stop(100);
  }
});

test('of requests that come in one piece each is served when the answer before it is out', async () => {
  const order: string[] = [];
  const server = createListener(undefined, ({ url }, response) => {
    order.push(`begin ${url}`);
    setTimeout(() => {
      order.push(`end ${url}`);
      response.end(url);
    }, 20);
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 }, false, '--api');
  try {
    const socket = connect(listener.port, '127.0.0.1');
    const last = 'GET /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    socket.write(`GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx${last}`);
    let got = '';
    for await (const chunk of socket) got += String(chunk);
    expect(got.match(/\/[abc]$|\/[abc](?=HTTP)/g)).toEqual(['/a', '/b', '/c']);
    expect(order).toEqual(['/a', '/b', '/c'].flatMap((url) => [`begin ${url}`, `end ${url}`]));
  } finally {
    await listener.stop(100);
  }
});

test('answers that nobody reads are not made ahead', async () => {
  let served = 0;
  const server = createListener(undefined, (_request, response) => {
    served++;
    response.end(Buffer.alloc(20_000_000));
  });
  const listener = await listen(server, { host: '127.0.0.1', port: 0 }, false, '--api');
  try {
    const socket = connect(listener.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10));
    await sleep(300);
    expect(served).toBe(1);
    socket.destroy();
  } finally {
    await listener.stop(100);
  }
});
