import { describe, expect, it } from 'vitest';
import { isStored, PART, type TestFile, testFile, world } from '../testing/bench.js';

describe('uploadAll', () => {
  it('takes files as places become free, and holds nothing of those that have ended', async () => {
    const w = world();
    let given = 0;
    function* files(): Generator<TestFile> {
      for (; given < 200; ) yield testFile(500, `${given++}.mp4`);
    }
    const up = w.uploader();
    const batch = up.uploadAll(files(), ({ name }) => ({ title: `T ${name}` }));
    let most = 0;
    batch.on('task', () => {
      most = Math.max(most, up.tasks.length);
    });
    await w.clock.advance(50);
    expect(given).toBeLessThanOrEqual(20);
    const result = await w.clock.resolve((async () => await batch)());
    expect(result).toEqual({ succeeded: 200, failed: 0, failures: [] });
    expect(most).toBeLessThanOrEqual(12);
    expect(up.tasks).toEqual([]);
    expect(batch.tasks).toEqual([]);
    expect(batch.progress).toMatchObject({ files: 200, succeeded: 200, loaded: 100_000, total: 100_000 });
    expect(w.cloud.calls.some(({ params }) => params.get('Title') === 'T 7.mp4')).toBe(true);
  });

  it('begins nothing after a pause or a cancel that came while the iterable was thinking', async () => {
    const w = world();
    const give: (() => void)[] = [];
    async function* files(): AsyncGenerator<TestFile> {
      for (let n = 0; n < 5; n++) {
        if (n > 0) await new Promise<void>((resolve) => give.push(resolve));
        yield testFile(PART, `${n}.mp4`);
      }
    }
    const batch = w.uploader().uploadAll(files());
    await w.clock.advance(1000);
    batch.pause();
    give[0]?.();
    await w.clock.advance(1000);
    expect(batch.progress).toMatchObject({ files: 1, succeeded: 1 });
    batch.resume();
    await w.clock.advance(1000);
    expect(batch.progress).toMatchObject({ files: 2, succeeded: 2 });
    await batch.cancel();
    give[1]?.();
    expect(await w.clock.resolve(batch.done)).toEqual({ succeeded: 2, failed: 0, failures: [] });
    expect(w.cloud.count('CreateUploadVideo')).toBe(2);
  });

  it('tells failures and goes on with the rest; a failed file can be tried again', async () => {
    const w = world();
    w.cloud.intercept = ({ operation, params }) =>
      operation === 'CreateUploadVideo' && params.get('FileName') === '1.mp4'
        ? { status: 400, headers: {}, body: '{"Code":"InvalidFileName.Extension"}' }
        : undefined;
    const files = [0, 1, 2].map((n) => testFile(PART, `${n}.mp4`));
    const batch = w.uploader().uploadAll(files);
    const result = await w.clock.resolve(batch.done);
    expect(result).toMatchObject({ succeeded: 2, failed: 1, failures: [{ fileName: '1.mp4' }] });
    const [failed] = batch.tasks;
    w.cloud.intercept = () => undefined;
    failed?.retry();
    await w.clock.resolve(failed?.done as Promise<unknown>);
    expect(batch.progress).toMatchObject({ succeeded: 3, failed: 0 });
  });

  it('holds no more than a thousand that failed', async () => {
    const w = world();
    w.cloud.intercept = () => ({ status: 400, headers: {}, body: '{"Code":"InvalidFileName.Extension"}' });
    const up = w.uploader();
    const batch = up.uploadAll(Array.from({ length: 1200 }, (_, n) => testFile(10, `${n}.mp4`)));
    expect(await w.clock.resolve(batch.done)).toMatchObject({ succeeded: 0, failed: 1200 });
    await w.clock.advance(10);
    expect([batch.tasks.length, up.tasks.length]).toEqual([1000, 1000]);
  });

  it('pauses, goes on, and is cancelled with what has not begun', async () => {
    const w = world();
    const files = Array.from({ length: 40 }, (_, n) => testFile(3 * PART, `${n}.mp4`));
    let returned = false;
    const iterable = {
      *[Symbol.iterator]() {
        try {
          yield* files;
        } finally {
          returned = true;
        }
      },
    };
    const batch = w.uploader().uploadAll(iterable);
    await w.clock.advance(100);
    batch.pause();
    await w.clock.advance(5000);
    const { loaded, succeeded } = batch.progress;
    await w.clock.advance(5000);
    expect(batch.progress).toMatchObject({ succeeded });
    expect(batch.progress.loaded).toBeLessThanOrEqual(loaded);
    batch.resume();
    await w.clock.advance(200);
    expect(batch.progress.succeeded).toBeGreaterThan(succeeded);
    await w.clock.resolve(batch.cancel());
    await w.clock.resolve(batch.done);
    expect(returned).toBe(true);
    expect(w.cloud.uploads.size).toBe(0);
  });

  it('small files do not wait for big ones, and a higher priority begins first', async () => {
    const w = world();
    const sizes = new Map([
      ['big1', 40],
      ['big2', 40],
      ['big3', 40],
      ['big4', 40],
      ['small', 1],
    ]);
    const up = w.uploader({ partSize: 1024 * 1024, parallel: 1 }, {}, { sizeOf: ({ bytes }) => bytes.length });
    const order: string[] = [];
    for (const [name, parts] of sizes) {
      const task = up.upload(testFile(parts * PART, `${name}.mp4`), { priority: name === 'big4' ? 1 : 0 });
      task.on('state', (state) => {
        if (state === 'preparing' || state === 'success') order.push(`${name} ${state}`);
      });
    }
    await w.clock.resolve(Promise.all(up.tasks.map((task) => task.done)));
    expect(order.slice(0, 4)).toEqual(['big4 preparing', 'big1 preparing', 'big2 preparing', 'small preparing']);
    expect(order.indexOf('small success')).toBeLessThan(order.indexOf('big1 success'));
  });
});

describe('unfinished uploads', () => {
  const begin = async (w: ReturnType<typeof world>, file: TestFile, account?: string) => {
    const up = w.uploader({ parallel: 1, account });
    up.upload(file);
    await w.clock.advance(140);
    up.close();
    await w.clock.advance(10);
  };

  it('are listed and gone on with, from here', async () => {
    const w = world();
    const file = testFile(8 * PART);
    await begin(w, file);
    const [upload] = await w.clock.resolve(w.uploader().unfinished());
    expect(upload).toMatchObject({ fileName: 'talk.mp4', size: 8 * PART, origin: 'here', reopenable: false });
    expect(upload?.loaded).toBeGreaterThan(0);
    await w.clock.resolve(upload?.resume(file).done as Promise<unknown>);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(await w.clock.resolve(w.uploader().unfinished())).toEqual([]);
  });

  it('of another device are told by the server, page by page, and gone on with', async () => {
    const w = world({ pageSize: 2 });
    w.cloud.extensions = true;
    const [file, other] = [testFile(8 * PART, 'a.mp4'), testFile(6 * PART, 'b.mp4')];
    await begin(w, file);
    await begin(w, other);
    w.checkpoints.records.clear();
    const found = await w.clock.resolve(w.uploader().unfinished());
    expect(found.map(({ fileName, origin }) => `${fileName} ${origin}`).sort()).toEqual([
      'a.mp4 server',
      'b.mp4 server',
    ]);
    // The same content under another name and time: another device's copy.
    const copy = { ...file, name: 'copy.mp4', lastModified: 1 };
    const task = found.find(({ fileName }) => fileName === 'a.mp4')?.resume(copy);
    const result = await w.clock.resolve(task?.done as NonNullable<typeof task>['done']);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('another file is refused, never spliced', async () => {
    const w = world();
    const file = testFile(8 * PART);
    await begin(w, file);
    const [upload] = await w.clock.resolve(w.uploader().unfinished());
    const changed = testFile(8 * PART);
    changed.bytes[5] = 99;
    expect(await w.clock.settle(upload?.resume(changed).done as Promise<unknown>)).toMatchObject({
      reason: { code: 'FileChanged' },
    });
    expect(await w.clock.settle(upload?.resume().done as Promise<unknown>)).toMatchObject({
      reason: { code: 'FileUnreadable' },
    });
    const up = w.uploader();
    const [again] = await w.clock.resolve(up.unfinished());
    await w.clock.resolve(again?.resume(file).done as Promise<unknown>);
  });

  it('are opened again by their handle, and discarded here and on the server', async () => {
    const w = world();
    const file = testFile(8 * PART);
    const open: typeof w.platform.open = async (given, overrides, hasher) => ({
      ...(await w.platform.open(given, overrides, hasher)),
      handle: '/videos/talk.mp4',
    });
    const platform = { open, reopen: async (handle: unknown) => (handle === '/videos/talk.mp4' ? file : testFile(1)) };
    const first = w.uploader({ parallel: 1 }, {}, platform);
    first.upload(file);
    await w.clock.advance(140);
    first.close();
    await w.clock.advance(10);
    const [upload] = await w.clock.resolve(w.uploader({}, {}, platform).unfinished());
    expect(upload?.reopenable).toBe(true);
    await w.clock.resolve(upload?.resume().done as Promise<unknown>);
    await begin(w, testFile(9 * PART, 'other.mp4'));
    const [other] = await w.clock.resolve(w.uploader().unfinished());
    await w.clock.resolve(other?.discard() as Promise<void>);
    expect(w.cloud.uploads.size).toBe(0);
    expect(w.checkpoints.records.size).toBe(0);
  });

  it('gone on with from a copy of the file are listed once, and no more when they are done', async () => {
    const w = world();
    const file = testFile(8 * PART);
    await begin(w, file);
    const up = w.uploader({ parallel: 1 });
    const [upload] = await w.clock.resolve(up.unfinished());
    w.http.latency = () => 500;
    const task = upload?.resume({ ...file, name: 'copy.mp4', lastModified: 1 });
    let records = 0;
    let listed: Promise<readonly unknown[]> | undefined;
    task?.on('partuploaded', ({ number }) => {
      if (number !== 8) return;
      records = w.checkpoints.records.size;
      listed = up.unfinished({ server: false });
    });
    await w.clock.resolve(task?.done as Promise<unknown>);
    expect([records, (await listed)?.length]).toEqual([2, 1]);
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
    expect(await w.clock.resolve(up.unfinished())).toEqual([]);
  });

  it('are told by the server where nothing can be stored; where it is not asked, the reason is told', async () => {
    const w = world();
    w.cloud.extensions = true;
    await begin(w, testFile(8 * PART));
    const refuse = () => Promise.reject(new DOMException('private window', 'InvalidStateError'));
    Object.assign(w.checkpoints, { list: refuse, delete: refuse });
    const [upload] = await w.clock.resolve(w.uploader().unfinished());
    expect(upload).toMatchObject({ fileName: 'talk.mp4', origin: 'server' });
    expect(await w.clock.settle(w.uploader().unfinished({ server: false }))).toMatchObject({
      reason: { code: 'CheckpointFailed' },
    });
    await w.clock.resolve(upload?.discard() as Promise<void>);
    expect(w.cloud.uploads.size).toBe(0);
  });

  it('of another account are not seen', async () => {
    const w = world();
    await begin(w, testFile(8 * PART), 'ann');
    expect(await w.clock.resolve(w.uploader({ account: 'bob' }).unfinished())).toEqual([]);
    expect((await w.clock.resolve(w.uploader({ account: 'ann' }).unfinished())).length).toBe(1);
  });
});

describe('instant upload', () => {
  const MB = 1024 * 1024;

  it('sends no bytes for content the server has, and proves that it has them', async () => {
    const w = world();
    w.cloud.extensions = true;
    const file = testFile(9 * MB + 3);
    await w.clock.resolve(w.uploader({ partSize: 'auto' }).upload(file).done);
    const before = w.http.sent.length;
    const copy = { ...file, name: 'copy.mp4' };
    const task = w.uploader({ instant: true }).upload(copy, { title: 'Copy' });
    const result = await w.clock.resolve(task.done);
    expect(result).toMatchObject({ instant: true, size: file.bytes.length });
    expect(task.progress.fraction).toBe(1);
    expect(w.http.sent.length - before).toBe(2);
    expect(w.cloud.calls.at(-1)?.params.get('Title')).toBe('Copy');
  });

  it('sends the bytes where the server does not know the content, or the call', async () => {
    for (const extensions of [true, false]) {
      const w = world();
      w.cloud.extensions = extensions;
      const result = await w.clock.resolve(w.uploader({ instant: true }).upload(testFile(2 * MB)).done);
      expect(result.instant).toBeUndefined();
      expect(w.cloud.count('FindContent')).toBe(extensions ? 1 : 0);
    }
  });
});
