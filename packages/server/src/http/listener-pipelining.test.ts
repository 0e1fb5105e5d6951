import { once } from 'node:events';
import { connect } from 'node:net';
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
    expect(served).toBe(16);
    socket.destroy();
  } finally {
    await listener.stop(100);
  }
});
