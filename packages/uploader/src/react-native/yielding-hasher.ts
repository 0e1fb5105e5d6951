import { crc64 } from '@sluice/wire';
import type { PartHasher } from '../ports.js';

const SLICE = 64 * 1024;
/** Milliseconds of work before the user interface gets its turn: less than a frame. */
const TURN = 10;

/**
 * CRC-64 on the JavaScript thread, which is the one the application draws with: after every few milliseconds of work it
 * lets others run.
 */
export function yieldingHasher(now: () => number = () => Date.now()): PartHasher {
  return {
    async crc64(body) {
      const bytes = body instanceof Uint8Array ? body : new Uint8Array(await body.arrayBuffer());
      let sum = 0n;
      let began = now();
      for (let at = 0; at < bytes.length; at += SLICE) {
        if (now() - began >= TURN) {
          await new Promise<void>((resolve) => setTimeout(resolve, 0));
          began = now();
        }
        sum = crc64(bytes.subarray(at, at + SLICE), sum);
      }
      return sum;
    },
  };
}
