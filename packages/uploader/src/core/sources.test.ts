import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isStored, PART, type TestFile, testFile, world } from '../testing/bench.js';
import { streamSource } from './stream-source.js';

/** An uploader of streams that give `file` in pieces of odd sizes. */
function streaming(failAt = Number.POSITIVE_INFINITY) {
  const open = async (file: TestFile) => streamSource(pieces(file.bytes, failAt), { fileName: file.name });
  return { open, sizeOf: () => undefined };
}

async function* pieces(bytes: Uint8Array, failAt: number) {
  for (let at = 0; at < bytes.length; ) {
    if (at >= failAt) throw new Error('the disk is gone');
    const length = 7000 + ((at * 13) % 90_000);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('a stream of unknown length', () => {
  it.each([0, 1, 5000, PART, PART + 1, 11 * PART + 17])('of %i bytes arrives whole', async (size) => {
    const w = world();
    const file = testFile(size);
    const task = w.uploader({ parallel: 3 }, {}, streaming()).upload(file);
    const result = await w.clock.resolve(task.done);
    expect(result.size).toBe(size);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    expect(task.progress).toMatchObject({ fraction: 1, total: size });
    expect(w.cloud.calls[0]?.params.has('FileSize')).toBe(false);
  });

  it('survives bad lines and a pause: what was read is kept until it is acknowledged', async () => {
    const w = world();
    const file = testFile(20 * PART + 5);
    let n = 0;
    w.http.fault = ({ method }) => (method === 'PUT' && n++ % 4 === 0 ? 'lost-answer' : undefined);
    const task = w.uploader({ parallel: 3, retryDelay: 10 }, {}, streaming()).upload(file);
    await w.clock.advance(150);
    task.pause();
    await w.clock.advance(1000);
    task.resume();
    const result = await w.clock.resolve(task.done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });

  it('that breaks off fails with a reason', async () => {
    const w = world();
    const task = w.uploader({}, {}, streaming(5 * PART)).upload(testFile(20 * PART));
    expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'FileUnreadable' } });
  });

  it('whose upload is gone from the server does not succeed with the rest of it', async () => {
    const w = world();
    const task = w.uploader({ parallel: 1 }, {}, streaming()).upload(testFile(3 * PART));
    const stop = task.on('partuploaded', () => {
      stop();
      w.cloud.uploads.clear();
    });
    expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'NoSuchUpload' } });
    task.retry();
    expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'NoSuchUpload' } });
    expect(w.cloud.objects.size).toBe(0);
  });

  it.each(['before its first part', 'between two parts'])(
    'that falls silent %s can be paused, resumed and cancelled',
    async (when) => {
      const w = world();
      let give = (_: Uint8Array) => {};
      let ended = false;
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          give = (bytes) => controller.enqueue(bytes);
        },
        cancel() {
          ended = true;
        },
      });
      const file = testFile(5 * PART);
      const held = when === 'between two parts' ? 2.5 * PART : PART / 2;
      const open = async () => streamSource(stream, {});
      const up = w.uploader({ parallelFiles: 1 }, {}, { open, sizeOf: () => undefined });
      const task = up.upload(file);
      give(file.bytes.slice(0, held));
      await w.clock.advance(1000);
      task.pause();
      task.resume();
      await w.clock.advance(1000);
      give(file.bytes.slice(held, 4.5 * PART));
      await w.clock.advance(1000);
      expect(task.progress.loaded).toBe(4 * PART);
      const [upload] = w.cloud.uploads.values();
      const stored = [...(upload?.parts ?? [])].sort(([a], [b]) => a - b).map(([, { body }]) => Buffer.from(body));
      expect(Buffer.concat(stored).equals(file.bytes.subarray(0, 4 * PART))).toBe(true);
      await w.clock.resolve(task.cancel());
      expect(w.cloud.uploads.size).toBe(0);
      expect(ended).toBe(true);
    },
  );

  it('of Node that falls silent is closed when its upload is cancelled', async () => {
    const w = world();
    const stream = new PassThrough();
    const open = async () => streamSource(stream, {});
    const task = w.uploader({}, {}, { open, sizeOf: () => undefined }).upload(testFile(1));
    stream.write(testFile(2 * PART).bytes);
    await w.clock.advance(1000);
    await w.clock.resolve(task.cancel());
    expect(stream.destroyed).toBe(true);
  });

  it('holds no more in memory than the parts in flight', async () => {
    const w = world();
    const source = streamSource(pieces(testFile(50 * PART).bytes, Number.POSITIVE_INFINITY), {});
    let most = 0;
    let held = 0;
    const open = async () => ({
      ...source,
      read: async (length: number) => {
        const bytes = (await source.read?.(length)) ?? new Uint8Array(0);
        held += bytes.length;
        most = Math.max(most, held);
        return bytes;
      },
    });
    const task = w.uploader({ parallel: 4 }, {}, { open, sizeOf: () => undefined }).upload(testFile(1));
    task.on('partuploaded', ({ size }) => {
      held -= size;
    });
    await w.clock.resolve(task.done);
    expect(most).toBeLessThanOrEqual(5 * PART);
  });
});

describe('part sizes that change on the way', () => {
  const MB = 1024 * 1024;

  it('grow with the goodput, and every byte arrives once', async () => {
    const w = world();
    const file = testFile(40 * MB);
    w.http.latency = ({ body }) => 20 + body.length / 1_000_000;
    const result = await w.clock.resolve(w.uploader({ partSize: 'auto', parallel: 'auto' }).upload(file).done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    const sizes = w.http.sent
      .filter(({ url }) => url.includes('partNumber'))
      .map(({ body }) => (body as Uint8Array).length);
    expect(Math.max(...sizes)).toBeGreaterThan(2 * Math.min(...sizes));
    expect(sizes.reduce((a, b) => a + b)).toBe(file.bytes.length);
  });

  it('are taken up by a run that chooses others', async () => {
    const w = world({ pageSize: 3 });
    const file = testFile(30 * MB);
    w.http.latency = ({ body }) => 20 + body.length / 100_000;
    const first = w.uploader({ partSize: 'auto', parallel: 4 });
    const task = first.upload(file);
    await w.clock.advance(150);
    first.close();
    const before = w.cloud.count('UploadPart');
    expect(before).toBeGreaterThan(2);
    await w.clock.advance(10);
    w.http.latency = ({ body }) => 5 + body.length / 50_000;
    const result = await w.clock.resolve(w.uploader({ partSize: 'auto', parallel: 3 }).upload(file).done);
    expect(task.state).toBe('canceled');
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });

  it('a part of an earlier run that arrives late over a new one does not spoil the file', async () => {
    const w = world();
    const file = testFile(8 * MB);
    w.http.latency = ({ body }) => 20 + body.length / 50_000;
    const first = w.uploader({ partSize: 'auto', parallel: 2 });
    first.upload(file);
    await w.clock.advance(90);
    first.close();
    const [id, upload] = [...w.cloud.uploads][0] ?? [];
    let late = false;
    w.cloud.intercept = ({ operation }) => {
      if (operation === 'Complete' && !late && upload) {
        late = true;
        // The same number, twice the size: what the first run had on its way.
        const number = Math.min(...[...upload.parts.keys()].filter((n) => n > 5));
        const unit = 256 * 1024;
        const bytes = file.bytes.slice((number - 1) * unit, (number + 1) * unit);
        upload.parts.set(number, { body: bytes, etag: 'LATE', crc: 0n });
      }
      return undefined;
    };
    const result = await w.clock.resolve(w.uploader({ partSize: 'auto', parallel: 2 }).upload(file).done);
    expect(late).toBe(true);
    expect(id).toBe(result.uploadId);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });
});
