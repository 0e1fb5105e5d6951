import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Writes a file of `size` bytes that compress badly and differ everywhere, so that a misplaced part shows.
 * @returns its SHA-256 in hexadecimal
 */
export async function writeSample(file: string, size: number, seed = 1): Promise<string> {
  const handle = await open(file, 'w');
  const hash = createHash('sha256');
  try {
    const block = Buffer.alloc(1024 * 1024);
    let state = seed >>> 0 || 1;
    for (let written = 0; written < size; ) {
      for (let i = 0; i < block.length; i += 4) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        block.writeInt32LE(state | 0, i);
      }
      const piece = block.subarray(0, Math.min(block.length, size - written));
      hash.update(piece);
      await handle.write(piece);
      written += piece.length;
    }
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

export async function sha256File(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
