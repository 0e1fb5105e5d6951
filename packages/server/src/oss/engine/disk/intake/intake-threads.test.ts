import { createHash, randomBytes } from 'node:crypto';
import { closeSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IntakeThreadLost, IntakeThreads } from './intake-threads.js';
import { Slabs } from './slabs.js';

const SLAB_BYTES = 64 * 1024;

let directory: string;
let files = 0;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-intake-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});
const newPath = () => join(directory, `blob-${++files}`);

async function taken(threads: IntakeThreads, slabs: Slabs, body: Buffer, path = newPath()) {
  const intake = threads.open(path);
  for (let done = 0; done < body.length; done += SLAB_BYTES) {
    const piece = body.subarray(done, done + SLAB_BYTES);
    const at = await slabs.take();
    new Uint8Array(slabs.memory, at).set(piece);
    await intake.take(at, piece.length);
    slabs.give(at);
  }
  const sums = await intake.takeLast(0, 0);
  closeSync(intake.file ?? -1);
  return { sums, content: await readFile(path) };
}

const expected = (body: Buffer) => ({
  sums: { md5: createHash('md5').update(body).digest('hex').toUpperCase(), crc64: crc64(body) },
  content: body,
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

describe('intake threads', () => {
  it('hash and write many bodies at a time, each on its own', async () => {
    const slabs = new Slabs(8, SLAB_BYTES);
    const threads = new IntakeThreads(slabs, 3);
    const bodies = [0, 1, 4095, 65_536, 65_537, 1_000_003].flatMap((size) => [randomBytes(size), randomBytes(size)]);
    const results = await Promise.all(bodies.map((body) => taken(threads, slabs, body)));
    expect(results).toEqual(bodies.map(expected));
  });

  it('share the bodies out', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(4, SLAB_BYTES);
    const threads = new IntakeThreads(slabs, 2);
    await Promise.all([1, 2, 3, 4].map(() => taken(threads, slabs, randomBytes(200_000))));
    expect(seen.size).toBe(2);
  });

  it('tell what the file system says', async () => {
    const slabs = new Slabs(1, SLAB_BYTES);
    const threads = new IntakeThreads(slabs, 1);
    const nowhere = threads.open(join(directory, 'no', 'directory'));
    await expect(nowhere.take(0, 10)).rejects.toMatchObject({ code: 'ENOENT', syscall: 'open' });
    expect(nowhere.file).toBeUndefined();
    await nowhere.forget();
    const path = newPath();
    await taken(threads, slabs, randomBytes(10), path);
    await expect(threads.open(path).take(0, 10)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('forget a body that is not wanted any more', async () => {
    const slabs = new Slabs(2, SLAB_BYTES);
    const threads = new IntakeThreads(slabs, 1);
    const intake = threads.open(newPath());
    const take = intake.take(await slabs.take(), SLAB_BYTES);
    await intake.forget();
    // What was asked is still answered: until then the slab must not be given away.
    await take;
    expect(intake.file).toBeTypeOf('number');
    closeSync(intake.file ?? -1);
    await intake.forget();
    const body = randomBytes(100_000);
    expect(await taken(threads, slabs, body)).toEqual(expected(body));
  });

  it('that crash fail the bodies they had, and are replaced', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(2, SLAB_BYTES);
    const threads = new IntakeThreads(slabs, 1);
    const intake = threads.open(newPath());
    const at = await slabs.take();
    await intake.take(at, SLAB_BYTES);
    closeSync(intake.file ?? -1);
    const [thread] = seen;
    await thread?.terminate();
    await expect(intake.take(0, SLAB_BYTES)).rejects.toBeInstanceOf(IntakeThreadLost);
    await expect(intake.takeLast(0, 0)).rejects.toBeInstanceOf(IntakeThreadLost);
    await intake.forget();
    const body = randomBytes(100_000);
    slabs.give(at);
    expect(await taken(threads, slabs, body)).toEqual(expected(body));
    expect(seen.size).toBe(2);
  });

  it('that crash with a question open answer it with the loss', async () => {
    const seen = watchThreads();
    const slabs = new Slabs(1, 64 * 1024 * 1024);
    const threads = new IntakeThreads(slabs, 1);
    const take = threads.open(newPath()).take(0, slabs.bytes);
    const [thread] = seen;
    await Promise.all([expect(take).rejects.toBeInstanceOf(IntakeThreadLost), thread?.terminate()]);
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
