/** Counts the bytes of bodies and throws them away, without an HTTP parser: how fast the load generator can be here. */
import { createServer } from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
const BUFFER_BYTES = 256 * 1024;

const server = createServer((socket) => {
  let missing = 0;
  let head = '';
  socket.on('data', (chunk) => {
    let rest = chunk.length;
    if (missing === 0) {
      head += chunk.latin1Slice(0, Math.min(chunk.length, 8192));
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      missing = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      rest -= end + 4;
      head = '';
    }
    missing -= rest;
    if (missing === 0) socket.write(ANSWER);
  });
  socket.on('error', () => socket.destroy());
});
server.listen({ port: 0, host: '127.0.0.1', highWaterMark: BUFFER_BYTES }, () => console.log(server.address().port));
