import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Ask, type Reply, readReply, signed } from './client.js';
import type { TestPlane } from './data-plane.js';

export interface SlowBody {
  /** Sends the rest. */
  finish(): Promise<Reply>;
  /** Cuts the connection. */
  abort(): void;
}

/** Sends half of a body; resolves once the server has begun to store it. */
export async function sendHalf(plane: TestPlane, ask: Ask, body: Buffer): Promise<SlowBody> {
  const { method, path, headers } = signed(plane, ask);
  const length = { 'content-length': String(body.length) };
  const before = plane.putsBegun();
  const req = request({ host: '127.0.0.1', port: plane.port, method, path, headers: { ...headers, ...length } });
  const reply = new Promise<Reply>((resolve, reject) => {
    req.on('response', (res) => readReply(res).then(resolve, reject));
    req.on('error', reject);
  });
  reply.catch(() => {});
  const half = body.length >> 1;
  req.write(body.subarray(0, half));
  while (plane.putsBegun() <= before) await sleep(2);
  return {
    finish() {
      req.end(body.subarray(half));
      return reply;
    },
    abort: () => void req.destroy(),
  };
}
