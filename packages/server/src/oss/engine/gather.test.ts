import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gather } from './gather.js';

const signal = new AbortController().signal;

describe('gather', () => {
  it('writes in large batches, one at a time, and holds the source back meanwhile', async () => {
    const source = new PassThrough({ highWaterMark: 1000 });
    const batches: number[] = [];
    let writing = 0;
    let held = 0;
    let mostHeld = 0;
    const done = gather(source, {
      gatherBytes: 10_000,
      signal,
      onChunk: (chunk) => {
        held += chunk.length;
        mostHeld = Math.max(mostHeld, held);
      },
      write: async (chunks, bytes) => {
        expect(++writing).toBe(1);
        expect(chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(bytes);
        await sleep(3);
        batches.push(bytes);
        held -= bytes;
        writing--;
      },
    });
    for (let i = 0; i < 105; i++) {
      if (!source.write(Buffer.alloc(1000))) await new Promise((resolve) => source.once('drain', resolve));
    }
    source.end();
    await done;
    expect(batches.reduce((sum, bytes) => sum + bytes, 0)).toBe(105_000);
    expect(batches.slice(0, -1).every((bytes) => bytes >= 10_000)).toBe(true);
    expect(mostHeld).toBeLessThanOrEqual(22_000);
  });

  it('rejects with the error of a write, and only after it', async () => {
    const source = new PassThrough();
    const done = gather(source, {
      gatherBytes: 10,
      signal,
      onChunk: () => {},
      write: async () => {
        await sleep(5);
        throw new Error('disk on fire');
      },
    });
    source.write(Buffer.alloc(100));
    await expect(done).rejects.toThrow('disk on fire');
  });

  it('waits for a write that runs when the source breaks off', async () => {
    const source = new PassThrough();
    let finished = false;
    const done = gather(source, {
      gatherBytes: 10,
      signal,
      onChunk: () => {},
      write: async () => {
        await sleep(20);
        finished = true;
      },
    });
    source.write(Buffer.alloc(100));
    await sleep(5);
    source.destroy();
    await expect(done).rejects.toThrow('went away');
    expect(finished).toBe(true);
  });
});
