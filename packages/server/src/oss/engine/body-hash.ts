import { createHash } from 'node:crypto';
import type { Crc64Pool } from './crc64-pool.js';
import type { BodySums } from './engine.js';

/** Size, MD5 and CRC64 of a body that passes chunk by chunk, taken on this thread. */
export interface BodyHash {
  update(chunk: Uint8Array): void;
  /** Ends the hash; call once. */
  sums(): BodySums;
  /** Frees what it holds; call always, and last. */
  close(): void;
}

export async function createBodyHash(pool: Crc64Pool): Promise<BodyHash> {
  const md5 = createHash('md5');
  let size = 0;
  let crc64 = 0n;
  return {
    update(chunk) {
      size += chunk.length;
      md5.update(chunk);
      crc64 = pool.update(crc64, chunk);
    },
    sums: () => ({ size, md5: md5.digest('hex').toUpperCase(), crc64 }),
    close() {},
  };
}
