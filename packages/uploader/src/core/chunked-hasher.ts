import { crc64 } from '@sluice/wire';
import type { PartHasher } from '../ports.js';

const CHUNK = 1024 * 1024;

/**
 * CRC-64 on the calling thread. A Blob is read in pieces of 1 MiB, so that memory stays flat and the thread is never
 * held up for long.
 */
export const chunkedHasher: PartHasher = {
  async crc64(body) {
    if (body instanceof Uint8Array) return crc64(body);
    let sum = 0n;
    for (let at = 0; at < body.size; at += CHUNK) {
      sum = crc64(new Uint8Array(await body.slice(at, Math.min(body.size, at + CHUNK)).arrayBuffer()), sum);
    }
    return sum;
  },
};
