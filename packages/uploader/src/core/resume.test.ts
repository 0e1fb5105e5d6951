import { describe, expect, it } from 'vitest';
import type { CheckpointStore } from '../ports.js';
import { isStored, PART, testFile, type World, world } from '../testing/bench.js';
import { rpcError } from '../testing/mini-cloud.js';

/** Uploads until `parts` parts are acknowledged, then closes the uploader as a reload would. */
async function interrupted(w: World, parts: number, total = 10): Promise<ReturnType<typeof testFile>> {
  const file = testFile(total * PART);
  const first = w.uploader({ parallel: 1 });
  const task = first.upload(file);
  let done = 0;
  task.on('partuploaded', () => {
    if (++done === parts) first.close();
  });
  expect(await w.clock.settle(task.done)).toMatchObject({ reason: { code: 'Closed' } });
  await w.clock.advance(2000);
  return file;
}

describe('resume after a restart', () => {
  it('goes on with the same upload id and sends no acknowledged part again', async () => {
    const w = world({ pageSize: 2 });
    const file = await interrupted(w, 6);
    expect([...w.checkpoints.records.values()][0]).toMatchObject({ videoId: 'video2', unit: PART, version: 2 });
    const task = w.uploader({ partSize: 200_000 }).upload(file);
    let firstLoaded: number | undefined;
    task.on('progress', ({ loaded }) => {
      firstLoaded ??= loaded;
    });
    const result = await w.clock.resolve(task.done);
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
    expect(w.cloud.count('Initiate')).toBe(1);
    expect(w.cloud.count('ListParts')).toBe(3);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    expect(firstLoaded).toBe(PART);
    expect(w.checkpoints.records.size).toBe(0);
  });

  it('progress counts what was resumed, speed does not', async () => {
    const w = world();
    const file = await interrupted(w, 8);
    const task = w.uploader({ parallel: 1 }).upload(file);
    const seen: number[] = [];
    task.on('state', (state) => state === 'uploading' && seen.push(task.progress.loaded, task.progress.bytesPerSecond));
    await w.clock.resolve(task.done);
    expect(seen).toEqual([8 * PART, 0]);
  });

  it('another file of the same name, size and time is not spliced with the parts of the first', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    const at = PART + 70_000;
    file.bytes[at] = (file.bytes[at] ?? 0) ^ 255;
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });

  it('goes to where the server says its data plane is today, whatever the record says', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    const [record] = [...w.checkpoints.records.values()];
    if (record) await w.checkpoints.set({ ...record, endpoint: 'https://oss.elsewhere.test' });
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    expect(w.http.sent.filter(({ url }) => url.includes('elsewhere'))).toEqual([]);
    expect(w.cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('a record without checksums: the parts are read again, and one that differs is sent again', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    const [record] = [...w.checkpoints.records.values()];
    if (record) await w.checkpoints.set({ ...record, parts: [] });
    // Between the samples of the fingerprint, same size and time: only the checksum of the part can tell.
    const at = PART + 70_000;
    file.bytes[at] = (file.bytes[at] ?? 0) ^ 255;
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    const counts = w.cloud.acknowledged();
    expect([...counts].filter(([, times]) => times > 1).map(([name]) => name.split('/')[1])).toEqual(['2']);
  });

  it('a part with another ETag or size than remembered is sent again', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    const [record] = [...w.checkpoints.records.values()];
    const parts = record?.parts?.map(([n, size, etag, crc]) => [n, size, n === 3 ? '"OTHER"' : etag, crc] as const);
    if (record) await w.checkpoints.set({ ...record, parts: parts ?? [] });
    await w.clock.resolve(w.uploader().upload(file).done);
    const again = [...w.cloud.acknowledged()].filter(([, times]) => times > 1).map(([name]) => name.split('/')[1]);
    expect(again).toEqual(['3']);
  });

  it('a server whose list has no checksums is trusted by ETag and size, and the whole is compared', async () => {
    const w = world();
    w.cloud.listCrc = false;
    const file = await interrupted(w, 6);
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
    expect([...w.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('another file under the same name begins anew', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    file.bytes[0] = (file.bytes[0] ?? 0) ^ 255;
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(result.videoId).not.toBe('video2');
    expect(w.cloud.count('CreateUploadVideo')).toBe(2);
  });

  it('an upload that is gone from the server begins anew with new media', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    w.cloud.uploads.clear();
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(w.cloud.count('CreateUploadVideo')).toBe(2);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });

  it('a media that was deleted begins anew', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    w.cloud.intercept = ({ operation }) =>
      operation === 'RefreshUploadVideo' ? rpcError(404, 'InvalidVideo.NotFound') : undefined;
    await w.clock.resolve(w.uploader().upload(file).done);
    expect(w.cloud.count('CreateUploadVideo')).toBe(2);
  });

  it('a media that somebody else began on this device begins anew', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    w.cloud.intercept = ({ operation }) =>
      operation === 'RefreshUploadVideo' ? rpcError(403, 'Forbidden') : undefined;
    const result = await w.clock.resolve(w.uploader().upload(file).done);
    expect(w.cloud.count('CreateUploadVideo')).toBe(2);
    expect(isStored(w.cloud, result.key, file)).toBe(true);
  });

  it('in credential mode asks the back end to refresh, and understands its InvalidVideo.NotFound', async () => {
    const w = world();
    const file = await interrupted(w, 6);
    const kinds: string[] = [];
    const auth = async ({ kind }: { kind: string }) => {
      kinds.push(kind);
      if (kind === 'refresh-video') throw Object.assign(new Error('gone'), { code: 'InvalidVideo.NotFound' });
      return w.cloud.grant('video', 'talk.mp4') as { UploadAuth: string };
    };
    await w.clock.resolve(w.uploader({ auth }).upload(file).done);
    expect(kinds).toEqual(['refresh-video', 'create-video']);
  });

  it('a store that fails is told and harms nothing', async () => {
    const w = world();
    const broken = async () => Promise.reject(new Error('quota'));
    const checkpoints = { get: broken, set: broken, delete: broken, list: broken };
    const task = w.uploader({ checkpoints }).upload(testFile(3 * PART));
    const codes: string[] = [];
    task.on('warning', ({ code }) => codes.push(code));
    await w.clock.resolve(task.done);
    expect(new Set(codes)).toEqual(new Set(['CheckpointFailed']));
  });

  it('a store that falls silent is told after 10 s, harms nothing, and is used again when it answers', async () => {
    const w = world();
    let answer = () => {};
    const silent = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const asked: string[] = [];
    const { checkpoints: memory } = w;
    const checkpoints: CheckpointStore = {
      get: (fingerprint) => {
        asked.push('get');
        return silent.then(() => memory.get(fingerprint));
      },
      set: (record) => memory.set(record),
      delete: (fingerprint) => memory.delete(fingerprint),
      list: () => memory.list(),
    };
    const uploader = w.uploader({ checkpoints });
    const upload = async (name: string) => {
      const started = w.clock.now();
      const task = uploader.upload(testFile(3 * PART, `${name}.mp4`));
      const codes: string[] = [];
      task.on('warning', ({ code }) => codes.push(code));
      await w.clock.resolve(task.done);
      return { codes: [...new Set(codes)], seconds: Math.floor((w.clock.now() - started) / 1000) };
    };
    expect(await upload('one')).toEqual({ codes: ['CheckpointFailed'], seconds: 10 });
    expect(await upload('two')).toEqual({ codes: ['CheckpointFailed'], seconds: 0 });
    expect(asked).toEqual(['get']);
    answer();
    expect(await upload('three')).toEqual({ codes: [], seconds: 0 });
    expect(asked).toEqual(['get', 'get']);
    expect(w.clock.waiting).toBe(0);
  });

  it('a store that throws instead of answering is told and harms nothing', async () => {
    const w = world();
    const broken = () => {
      throw new Error('no store');
    };
    const task = w
      .uploader({ checkpoints: { get: broken, set: broken, delete: broken, list: broken } })
      .upload(testFile(PART));
    const codes: string[] = [];
    task.on('warning', ({ code }) => codes.push(code));
    await w.clock.resolve(task.done);
    expect(new Set(codes)).toEqual(new Set(['CheckpointFailed']));
    expect(w.clock.waiting).toBe(0);
  });

  it('writes the record at most once a second', async () => {
    const w = world();
    w.http.latency = () => 20;
    await w.clock.resolve(w.uploader({ parallel: 1 }).upload(testFile(100 * PART)).done);
    expect(w.checkpoints.writes).toBeLessThan(6);
  });
});

describe('pause, resume, cancel, retry', () => {
  it('a pause mid-part stops the requests, keeps the upload, and resume goes on', async () => {
    const { clock, cloud, http, uploader } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const file = testFile(10 * PART);
    const task = uploader({ parallel: 2 }).upload(file);
    await clock.advance(2500);
    task.pause();
    await clock.advance(0);
    expect(task.state).toBe('paused');
    expect(http.inFlight).toBe(0);
    const before = cloud.calls.length;
    await clock.advance(60_000);
    expect(cloud.calls.length).toBe(before);
    expect(task.progress.loaded).toBe(4 * PART);
    task.resume();
    task.pause();
    task.resume();
    const result = await clock.resolve(task.done);
    expect(isStored(cloud, result.key, file)).toBe(true);
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(cloud.count('Initiate')).toBe(1);
  });

  it('parts that were stored while the pause cut their answers off are not sent again', async () => {
    const { clock, cloud, http, uploader } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const file = testFile(10 * PART);
    const task = uploader({ parallel: 2 }).upload(file);
    await clock.advance(2700);
    expect(cloud.acknowledged().size).toBe(6);
    expect(task.progress.partsDone).toBe(4);
    task.pause();
    await clock.advance(0);
    task.resume();
    const result = await clock.resolve(task.done);
    expect(isStored(cloud, result.key, file)).toBe(true);
    expect([...cloud.acknowledged().values()]).toEqual(Array(10).fill(1));
  });

  it('a paused task gives its place in the queue to another file', async () => {
    const { clock, uploader } = world();
    const one = uploader({ parallelFiles: 1 });
    const first = one.upload(testFile(5 * PART, 'a.mp4'));
    const second = one.upload(testFile(5 * PART, 'b.mp4'));
    await clock.advance(30);
    first.pause();
    await clock.resolve(second.done);
    expect(first.state).toBe('paused');
    first.resume();
    await clock.resolve(first.done);
  });

  it('a pause longer than the life of the upload on the server begins anew', async () => {
    const { clock, cloud, http, uploader } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const task = uploader({ parallel: 1 }).upload(testFile(5 * PART));
    await clock.advance(2500);
    task.pause();
    await clock.advance(10);
    cloud.uploads.clear();
    task.resume();
    await clock.resolve(task.done);
    expect(cloud.count('CreateUploadVideo')).toBe(2);
  });

  it('cancel mid-part aborts the upload on the server and forgets the record', async () => {
    const { clock, cloud, http, uploader, checkpoints } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const task = uploader().upload(testFile(10 * PART));
    await clock.advance(1500);
    expect(checkpoints.records.size).toBe(1);
    await clock.resolve(task.cancel());
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'Canceled' } });
    expect(task.state).toBe('canceled');
    expect(cloud.count('Abort')).toBe(1);
    expect(cloud.uploads.size).toBe(0);
    expect(checkpoints.records.size).toBe(0);
  });

  it('cancel with abortUpload: false leaves both, so that the file can be taken up again', async () => {
    const { clock, cloud, http, uploader, checkpoints } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const one = uploader();
    const task = one.upload(testFile(10 * PART));
    await clock.advance(1500);
    await clock.resolve(task.cancel({ abortUpload: false }));
    expect(cloud.count('Abort')).toBe(0);
    expect(checkpoints.records.size).toBe(1);
    await clock.resolve(one.upload(testFile(10 * PART)).done);
    expect(cloud.count('Initiate')).toBe(1);
  });

  it('a pause and a resume after the last answer do not send the file again', async () => {
    const { clock, cloud, uploader, checkpoints } = world();
    const task = uploader().upload(testFile(3 * PART));
    const events: string[] = [];
    task.on('state', (state) => events.push(state));
    task.on('success', () => events.push('event'));
    checkpoints.delete = async () => {
      task.pause();
      task.resume();
      await clock.advance(0);
    };
    await clock.resolve(task.done);
    await clock.advance(10_000);
    expect(events.filter((event) => event === 'event').length).toBe(1);
    expect(task.state).toBe('success');
    expect(cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('cancelled after the last answer, it does not tell of a success as well', async () => {
    const { clock, uploader, checkpoints } = world();
    const task = uploader().upload(testFile(3 * PART));
    const events: string[] = [];
    task.on('success', () => events.push('success'));
    let canceled: Promise<void> | undefined;
    checkpoints.delete = async () => {
      canceled ??= task.cancel();
    };
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'Canceled' } });
    await clock.resolve(canceled as Promise<void>);
    expect([task.state, ...events]).toEqual(['canceled']);
  });

  it('an AbortSignal cancels, also one that was aborted before', async () => {
    const { clock, http, cloud, uploader } = world();
    http.latency = ({ method }) => (method === 'PUT' ? 1000 : 10);
    const controller = new AbortController();
    const task = uploader().upload(testFile(10 * PART), { signal: controller.signal });
    await clock.advance(1500);
    controller.abort();
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'Canceled' } });
    await clock.advance(100);
    expect(cloud.count('Abort')).toBe(1);
    const late = uploader().upload(testFile(PART), { signal: controller.signal });
    expect(await clock.settle(late.done)).toMatchObject({ reason: { code: 'Canceled' } });
  });

  it('retry after a failure goes on with what the server has', async () => {
    const { clock, cloud, http, uploader } = world();
    http.fault = ({ url }) => (url.searchParams.get('partNumber') === '5' ? 'lost-request' : undefined);
    const task = uploader({ retryCount: 0, parallel: 1 }).upload(testFile(8 * PART));
    expect(await clock.settle(task.done)).toMatchObject({ reason: { code: 'NetworkError' } });
    http.fault = () => undefined;
    task.retry();
    await clock.resolve(task.done);
    expect(task.state).toBe('success');
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
  });

  it('a closed uploader refuses', async () => {
    const { clock, uploader } = world();
    const one = uploader();
    one.close();
    expect(await clock.settle(one.upload(testFile(1)).done)).toMatchObject({ reason: { code: 'Closed' } });
  });
});
