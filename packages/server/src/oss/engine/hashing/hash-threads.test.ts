import { createHash, randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { crc64 } from '@sluice/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HashThreadLost, HashThreads } from './hash-threads.js';
import { Slabs } from './slabs.js';

const SLAB_BYTES = 64 * 1024;

async function hashed(threads: HashThreads, slabs: Slabs, body: Buffer) {
  const hash = threads.open();
  for (let done = 0; done < body.length; done += SLAB_BYTES) {
    const piece = body.subarray(done, done + SLAB_BYTES);
    const at = await slabs.take();
    new Uint8Array(slabs.memory, at).set(piece);
    await hash.update(at, piece.length);
    slabs.give(at);
  }
  return hash.sums();
}

const expected = (body: Buffer) => ({
  md5: createHash('md5').update(body).digest('hex').toUpperCase(),
  crc64: crc64(body),
});

/** The threads that were started, seen through the one call every thread gets. */
function watchThreads(): Set<Worker> {
  const seen = new Set<Worker>();
  const post = Worker.prototype.postMessage;
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...message) {
    seen.add(this);
    post.apply(this, message as Parameters<typeof post>);
  });
  return seen;
}
afterEach(() => vi.restoreAllMocks());

describe('hash threads', () => {
  it('hash many bodies at a time, each on its own', async () => {
    const slabs = new Slabs(8, SLAB_BYTES);
    const threads = new HashThreads(slabs, 3);
    const bodies = [0, 1, 4095, 65_536, 65_537, 1_000_003].flatMap((size) => [randomBytes(size), randomBytes(size)]);
    const sums = await Promise.all(bodies.map((body) => hashed(threads, slabs, body)));
    expect(sums).toEqual(bodies.map(expected));
  });

  it('share the bodies out', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(4, SLAB_BYTES);
    const threads = new HashThreads(slabs, 2);
    await Promise.all([1, 2, 3, 4].map(() => hashed(threads, slabs, randomBytes(200_000))));
    expect(seen.size).toBe(2);
  });

  it('forget a body that is not wanted any more', async () => {
    const slabs = new Slabs(2, SLAB_BYTES);
    const threads = new HashThreads(slabs, 1);
    const hash = threads.open();
    const update = hash.update(await slabs.take(), SLAB_BYTES);
    hash.close();
    // What was asked is still answered: until then the slab must not be given away.
    await update;
    const body = randomBytes(100_000);
    expect(await hashed(threads, slabs, body)).toEqual(expected(body));
  });

  it('that crash fail the bodies they had, and are replaced', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(2, SLAB_BYTES);
    const threads = new HashThreads(slabs, 1);
    const hash = threads.open();
    const at = await slabs.take();
    await hash.update(at, SLAB_BYTES);
    const [thread] = seen;
    await thread?.terminate();
    await expect(hash.update(0, SLAB_BYTES)).rejects.toBeInstanceOf(HashThreadLost);
    await expect(hash.sums()).rejects.toBeInstanceOf(HashThreadLost);
    const body = randomBytes(100_000);
    slabs.give(at);
    expect(await hashed(threads, slabs, body)).toEqual(expected(body));
    expect(seen.size).toBe(2);
  });

  it('that crash with a question open answer it with the loss', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(1, 64 * 1024 * 1024);
    const threads = new HashThreads(slabs, 1);
    const hash = threads.open();
    const update = hash.update(0, slabs.bytes);
    const [thread] = seen;
    await Promise.all([expect(update).rejects.toBeInstanceOf(HashThreadLost), thread?.terminate()]);
  });
});

describe('slabs', () => {
  it('that are all taken are waited for, first come, first served', async () => {
    const slabs = new Slabs(1, 10);
    const at = await slabs.take();
    const order: string[] = [];
    const takeAs = async (name: string) => {
      const taken = await slabs.take();
      order.push(name);
      slabs.give(taken);
    };
    const both = Promise.all([takeAs('first'), takeAs('second')]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    slabs.give(at);
    await both;
    expect(order).toEqual(['first', 'second']);
    expect(await slabs.take()).toBe(0);
  });
});
