import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { crc64 } from '@sluice/wire';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BodyInterrupted, BodyTooLong, type PutOptions, type StorageEngine } from '../engine.js';
import { blobPath } from './blob-names.js';
import { openDiskEngine } from './disk-engine.js';
import { IntakeThreadLost } from './intake/intake-threads.js';

let directory: string;
let engine: StorageEngine;
const open = () => openDiskEngine({ directory, random: { bytes: (n) => randomBytes(n) } });
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'sluice-disk-')), 'deep', 'blobs');
  engine = await open();
});
afterEach(() => rm(join(directory, '..', '..'), { recursive: true, force: true }));

const options = (change: Partial<PutOptions> = {}): PutOptions => ({
  maxBytes: 1e9,
  signal: new AbortController().signal,
  ...change,
});
const files = async () =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const read = async (blob: string, start: number, end: number) => {
  const chunks: Buffer[] = [];
  for await (const chunk of await engine.read(blob, { start, end })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
const collect = async (items: AsyncIterable<string>) => {
  const all: string[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('put', () => {
  it('keeps any body, and says what it saw', async () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bodies, async (chunks) => {
        const whole = Buffer.concat(chunks);
        const stored = await engine.put(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), options());
        expect(stored).toMatchObject({
          size: whole.length,
          md5: createHash('md5').update(whole).digest('hex').toUpperCase(),
          crc64: crc64(whole),
        });
        if (whole.length > 0) expect((await read(stored.blob, 0, whole.length - 1)).equals(whole)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('gives every body a name of its own, also at the same time', async () => {
    const stored = await Promise.all(
      Array.from({ length: 50 }, (_, i) => engine.put(Readable.from([Buffer.from(`body ${i}`)]), options())),
    );
    expect(new Set(stored.map(({ blob }) => blob)).size).toBe(50);
    for (const [i, { blob, size }] of stored.entries()) {
      expect((await read(blob, 0, size - 1)).toString()).toBe(`body ${i}`);
    }
  });

  it('makes no directory in place of its own, where that was taken away', async () => {
    await rm(directory, { recursive: true });
    await expect(engine.put(Readable.from([Buffer.from('lost')]), options())).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('of a body that breaks off leaves nothing', async () => {
    const body = new PassThrough();
    const putting = engine.put(body, options());
    body.write(randomBytes(3_000_000));
    setTimeout(() => body.destroy(), 20);
    await expect(putting).rejects.toBeInstanceOf(BodyInterrupted);
    expect(await files()).toEqual([]);
  });

  it('of a body that was gone before it began leaves nothing', async () => {
    const body = new PassThrough();
    body.destroy();
    await expect(engine.put(body, options())).rejects.toBeInstanceOf(BodyInterrupted);
    // Whoever removes the directory now is not to find anything being made in it. (At once: anything awaited is a moment more.)
    const before = readdirSync(directory, { recursive: true });
    expect(await files()).toEqual([]);
    await sleep(100);
    expect(await readdir(directory, { recursive: true })).toEqual(before);
  });

  it('of a body that is too long leaves nothing', async () => {
    const body = Readable.from(Array.from({ length: 10 }, () => Buffer.alloc(100_000)));
    await expect(engine.put(body, options({ maxBytes: 999_999 }))).rejects.toBeInstanceOf(BodyTooLong);
    expect(await files()).toEqual([]);
  });

  it('that is called off leaves nothing', async () => {
    const abort = new AbortController();
    const body = new PassThrough();
    const putting = engine.put(body, options({ signal: abort.signal }));
    body.write('x');
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(putting).rejects.toThrow('enough');
    expect(await files()).toEqual([]);
  });

  it('that does not verify leaves nothing', async () => {
    const verify = () => {
      throw new Error('not what was promised');
    };
    await expect(engine.put(Readable.from([Buffer.from('x')]), options({ verify }))).rejects.toThrow('promised');
    expect(await files()).toEqual([]);
  });
});

describe('put of bodies above what is hashed on the spot', () => {
  const long = (megabytes: number) =>
    Readable.from(
      (function* () {
        for (let i = 0; i < megabytes * 16; i++) yield Buffer.alloc(65_536, i);
      })(),
    );

  it('that do not verify leave nothing, and what comes next is stored', async () => {
    const verify = () => {
      throw new Error('not what was promised');
    };
    await expect(engine.put(long(5), options({ verify }))).rejects.toThrow('promised');
    expect(await files()).toEqual([]);
    expect((await engine.put(long(5), options())).size).toBe(5 * 2 ** 20);
  });

  it('that are called off or break off in the middle, many times, take no memory from those that come after', async () => {
    for (let i = 0; i < 100; i++) {
      const abort = new AbortController();
      const body = new PassThrough({ highWaterMark: 2 ** 20 });
      const putting = engine.put(body, options({ signal: abort.signal }));
      body.write(randomBytes(700_000));
      body.write(randomBytes(700_000));
      setImmediate(() => (i % 2 === 0 ? abort.abort(new Error('enough')) : body.destroy()));
      await expect(putting).rejects.toThrow();
    }
    expect(await files()).toEqual([]);
    const all = await Promise.all(Array.from({ length: 30 }, () => engine.put(long(3), options())));
    expect(new Set(all.map(({ md5 }) => md5)).size).toBe(1);
  });

  it('that lose their thread are refused and leave nothing; the next ones get a new thread', async () => {
    const started: Worker[] = [];
    const post = Worker.prototype.postMessage;
    const spy = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, ...message) {
      started.push(this);
      post.apply(this, message as Parameters<typeof post>);
    });
    const body = new PassThrough();
    const putting = engine.put(body, options());
    const refused = expect(putting).rejects.toBeInstanceOf(IntakeThreadLost);
    body.write(randomBytes(1_500_000));
    await vi.waitFor(() => expect(started.length).toBeGreaterThan(0));
    await started[0]?.terminate();
    body.write(randomBytes(1_500_000));
    body.end(randomBytes(1_500_000));
    await refused;
    spy.mockRestore();
    expect(await files()).toEqual([]);
    expect((await engine.put(long(3), options())).size).toBe(3 * 2 ** 20);
  });

  it('come through whole when there are more of them than slabs', async () => {
    const whole = randomBytes(2 ** 20);
    const stored = await Promise.all(
      Array.from({ length: 120 }, () =>
        engine.put(Readable.from([whole.subarray(0, 500_000), whole.subarray(500_000)]), options()),
      ),
    );
    const md5 = createHash('md5').update(whole).digest('hex').toUpperCase();
    for (const one of stored) expect(one).toMatchObject({ size: whole.length, md5, crc64: crc64(whole) });
    const { blob } = stored[7] as (typeof stored)[number];
    expect((await read(blob, 0, whole.length - 1)).equals(whole)).toBe(true);
  });
});

describe('read', () => {
  it('fails before the first byte when the blob is not there', async () => {
    const { blob } = await engine.put(Readable.from([Buffer.from('x')]), options());
    await engine.delete(blob);
    await expect(engine.read(blob, { start: 0, end: 0 })).rejects.toThrow('ENOENT');
  });

  it('ends early when the file was cut, so that the caller can tell', async () => {
    const { blob } = await engine.put(Readable.from([Buffer.alloc(1000)]), options());
    await truncate(blobPath(directory, blob)?.file ?? '', 10);
    expect((await read(blob, 0, 999)).length).toBe(10);
  });

  it.each(['../../../etc/passwd', '', 'x'.repeat(32), `${'a'.repeat(31)}/`])(
    'takes no "%s" for a blob',
    async (blob) => {
      await expect(engine.read(blob, { start: 0, end: 0 })).rejects.toBeInstanceOf(TypeError);
      expect(() => engine.delete(blob)).toThrow(TypeError);
    },
  );
});

describe('delete', () => {
  it('twice is no error', async () => {
    const { blob } = await engine.put(Readable.from([Buffer.from('x')]), options());
    await engine.delete(blob);
    await engine.delete(blob);
    expect(await files()).toEqual([]);
  });
});

describe('listEarlier', () => {
  it('names what an earlier run left, and nothing else', async () => {
    const { blob } = await engine.put(Readable.from([Buffer.from('x')]), options());
    expect(await collect(engine.listEarlier())).toEqual([]);
    await writeFile(join(directory, 'note.txt'), 'not a blob');
    engine = await open();
    await engine.put(Readable.from([Buffer.from('y')]), options());
    expect(await collect(engine.listEarlier())).toEqual([blob]);
  });
});

it('knows how much can still be stored', async () => {
  expect(await engine.freeBytes()).toBeGreaterThan(0);
});
