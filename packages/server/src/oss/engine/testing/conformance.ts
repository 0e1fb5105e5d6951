import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc64 } from '@sluice/wire';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BlobMissing, BodyInterrupted, BodyTooLong, type PutOptions, type StorageEngine } from '../engine.js';

/** A place for blobs, and the engines that are opened on it one after the other. */
export interface EngineRig {
  open(): Promise<StorageEngine>;
  /** Everything that is kept, whole or not. */
  kept(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const putOptions = (change: Partial<PutOptions> = {}): PutOptions => ({
  maxBytes: 1e9,
  signal: new AbortController().signal,
  ...change,
});

/** In chunks as a socket gives them. */
export const streamOf = (whole: Buffer, chunkBytes = 65_536): Readable =>
  Readable.from(
    (function* () {
      for (let at = 0; at < whole.length; at += chunkBytes) yield whole.subarray(at, at + chunkBytes);
    })(),
    { objectMode: false },
  );

export async function readBytes(engine: StorageEngine, blob: string, start: number, end: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await engine.read(blob, { start, end })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export async function collect(items: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Of each way that an engine may choose by the size of a body: kept, streamed, cut into pieces. */
const SIZES = [0, 1, 102_400, 262_144, 262_145, 1_048_576, 5_242_880, 12_000_000];

/** What every engine promises. */
export function conformance(title: string, start: () => Promise<EngineRig>): void {
  describe(`${title}, as every engine,`, () => {
    let rig: EngineRig;
    let engine: StorageEngine;
    beforeEach(async () => {
      rig = await start();
      engine = await rig.open();
    });
    afterEach(() => rig.close());

    describe.each(['a known', 'an unknown'])('put of %s length', (length) => {
      const options = (bytes: number, change: Partial<PutOptions> = {}): PutOptions =>
        putOptions(length === 'a known' ? { length: bytes, ...change } : change);

      it.each(SIZES)('keeps %d bytes, and says what it saw', async (size) => {
        const whole = randomBytes(size);
        const seen: unknown[] = [];
        const stored = await engine.put(streamOf(whole), options(size, { verify: (sums) => void seen.push(sums) }));
        const sums = { size, md5: createHash('md5').update(whole).digest('hex').toUpperCase(), crc64: crc64(whole) };
        expect(stored).toMatchObject(sums);
        expect(seen).toEqual([expect.objectContaining(sums)]);
        if (size > 0) expect((await readBytes(engine, stored.blob, 0, size - 1)).equals(whole)).toBe(true);
        expect(await rig.kept()).toHaveLength(1);
      });

      it('keeps bodies of any chunks', async () => {
        const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300_000 }), { maxLength: 8 });
        await fc.assert(
          fc.asyncProperty(bodies, async (chunks) => {
            const whole = Buffer.concat(chunks);
            const body = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
            const { blob, size } = await engine.put(body, options(whole.length));
            expect(size).toBe(whole.length);
            if (size > 0) expect((await readBytes(engine, blob, 0, size - 1)).equals(whole)).toBe(true);
          }),
          { numRuns: 12 },
        );
      });

      it.each([1_000, 3_000_000, 12_000_000])('of %d bytes that do not verify leaves nothing', async (size) => {
        const verify = () => {
          throw new Error('not what was promised');
        };
        await expect(engine.put(streamOf(randomBytes(size)), options(size, { verify }))).rejects.toThrow('promised');
        expect(await rig.kept()).toEqual([]);
      });

      it.each([1_000, 3_000_000, 12_000_000])('of %d bytes that break off leaves nothing', async (size) => {
        const body = new PassThrough();
        const putting = engine.put(body, options(size));
        body.write(randomBytes(size - 100));
        setTimeout(() => body.destroy(), 50);
        await expect(putting).rejects.toBeInstanceOf(BodyInterrupted);
        expect(await rig.kept()).toEqual([]);
      });

      it('of a body that was gone before it began leaves nothing', async () => {
        const body = new PassThrough();
        body.destroy();
        await expect(engine.put(body, options(1_000_000))).rejects.toBeInstanceOf(BodyInterrupted);
        expect(await rig.kept()).toEqual([]);
      });

      it('of a body that is too long leaves nothing', async () => {
        const body = streamOf(Buffer.alloc(1_000_000));
        await expect(engine.put(body, options(1_000_000, { maxBytes: 999_999 }))).rejects.toBeInstanceOf(BodyTooLong);
        expect(await rig.kept()).toEqual([]);
      });

      it.each([1_000, 3_000_000])('of %d bytes that is called off leaves nothing', async (size) => {
        const abort = new AbortController();
        const body = new PassThrough();
        const putting = engine.put(body, options(size, { signal: abort.signal }));
        body.write(randomBytes(size - 100));
        setTimeout(() => abort.abort(new Error('enough')), 50);
        await expect(putting).rejects.toThrow('enough');
        expect(await rig.kept()).toEqual([]);
      });
    });

    it('gives every body a name of its own, also at the same time', async () => {
      const stored = await Promise.all(
        Array.from({ length: 50 }, (_, i) => engine.put(Readable.from([Buffer.from(`body ${i}`)]), putOptions())),
      );
      expect(new Set(stored.map(({ blob }) => blob)).size).toBe(50);
      for (const [i, { blob, size }] of stored.entries()) {
        expect((await readBytes(engine, blob, 0, size - 1)).toString()).toBe(`body ${i}`);
      }
    });

    it('holds a fixed number of bytes of a body', async () => {
      const chunk = randomBytes(1_000_000);
      let given = 0;
      let most = 0;
      const count = 150;
      const before = process.memoryUsage().arrayBuffers;
      const body = new Readable({
        read() {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
          this.push(given++ < count ? Buffer.from(chunk) : null);
        },
      });
      const { size } = await engine.put(body, putOptions({ length: count * chunk.length }));
      expect(size).toBe(count * chunk.length);
      expect(most).toBeLessThan(64_000_000);
    });

    describe('read', () => {
      const whole = randomBytes(700_000);
      let blob: string;
      beforeEach(async () => {
        blob = (await engine.put(streamOf(whole), putOptions({ length: whole.length }))).blob;
      });

      it.each([
        [0, 0],
        [0, 699_999],
        [1, 65_536],
        [699_999, 699_999],
        [262_143, 524_288],
      ])('gives bytes %d to %d', async (from, to) => {
        expect((await readBytes(engine, blob, from, to)).equals(whole.subarray(from, to + 1))).toBe(true);
      });

      it('ends with the blob when the range goes beyond it', async () => {
        expect((await readBytes(engine, blob, 699_000, 800_000)).equals(whole.subarray(699_000))).toBe(true);
      });

      it('serves many at a time, from other runs too', async () => {
        const later = await rig.open();
        const all = await Promise.all(Array.from({ length: 20 }, () => readBytes(later, blob, 0, 699_999)));
        expect(all.every((one) => one.equals(whole))).toBe(true);
      });

      it('can be left in the middle', async () => {
        for (let i = 0; i < 20; i++) {
          const stream = await engine.read(blob, { start: 0, end: 699_999 });
          for await (const chunk of stream) {
            expect((chunk as Buffer).length).toBeGreaterThan(0);
            break;
          }
          if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', () => resolve()));
        }
        expect((await readBytes(engine, blob, 0, 699_999)).equals(whole)).toBe(true);
      });

      it('waits for a slow reader', async () => {
        const stream = await engine.read(blob, { start: 0, end: 699_999 });
        const chunks: Buffer[] = [];
        for await (const chunk of stream) {
          chunks.push(chunk as Buffer);
          await sleep(10);
        }
        expect(Buffer.concat(chunks).equals(whole)).toBe(true);
      });

      it('ends early when the blob is shorter, be it before the range begins', async () => {
        expect((await readBytes(engine, blob, 699_990, 700_009)).equals(whole.subarray(699_990))).toBe(true);
        expect(await readBytes(engine, blob, 700_000, 700_009)).toHaveLength(0);
      });

      it('fails before the first byte when the blob is not there', async () => {
        await engine.delete(blob);
        await expect(engine.read(blob, { start: 0, end: 0 })).rejects.toBeInstanceOf(BlobMissing);
      });

      it.each(['../../../etc/passwd', '', 'x'.repeat(32), `${'a'.repeat(31)}/`, `s${'a'.repeat(31)}/`])(
        'takes no "%s" for a blob',
        async (id) => {
          await expect(engine.read(id, { start: 0, end: 0 })).rejects.toBeInstanceOf(TypeError);
          await expect((async () => engine.delete(id))()).rejects.toBeInstanceOf(TypeError);
        },
      );
    });

    it('deletes a blob, and twice is no error', async () => {
      const { blob } = await engine.put(Readable.from([Buffer.from('x')]), putOptions());
      const other = await engine.put(Readable.from([Buffer.from('y')]), putOptions());
      await engine.delete(blob);
      await engine.delete(blob);
      expect(await rig.kept()).toHaveLength(1);
      expect((await readBytes(engine, other.blob, 0, 0)).toString()).toBe('y');
    });

    it('lists what an earlier run left, and nothing of its own', async () => {
      const left = await Promise.all(
        Array.from({ length: 30 }, (_, i) => engine.put(Readable.from([Buffer.from(`${i}`)]), putOptions())),
      );
      expect(await collect(engine.listEarlier())).toEqual([]);
      const next = await rig.open();
      await next.put(Readable.from([Buffer.from('own')]), putOptions());
      expect((await collect(next.listEarlier())).sort()).toEqual(left.map(({ blob }) => blob).sort());
    });

    it('knows the size of a blob, and when there is none', async () => {
      const { blob } = await engine.put(streamOf(randomBytes(100_000)), putOptions());
      expect(await engine.size(blob)).toBe(100_000);
      await engine.delete(blob);
      expect(await engine.size(blob)).toBeUndefined();
    });

    it('knows how much can still be stored', async () => {
      expect(await engine.freeBytes()).toBeGreaterThan(0);
    });
  });
}
