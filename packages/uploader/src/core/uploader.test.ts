import { crc64 } from '@sluice/wire';
import { describe, expect, it } from 'vitest';
import type { StsCredentials, UploaderOptions, UploadOptions } from '../api.js';
import { isStored, PART, testFile, world } from '../testing/bench.js';

describe('an upload', () => {
  it('in parts: creates the media, sends every part once, completes, and answers what was stored', async () => {
    const { clock, cloud, uploader, checkpoints } = world();
    const file = testFile(4 * PART + 5);
    const task = uploader().upload(file, { title: 'Talk', tags: ['a', 'b'], userData: { Extend: 'x' }, cateId: 7 });
    const states: string[] = [];
    task.on('state', (state) => states.push(state));
    const result = await clock.resolve(task.done);
    expect(states).toEqual(['preparing', 'uploading', 'success']);
    expect(result).toMatchObject({
      videoId: 'video2',
      bucket: 'media',
      key: 'sv/video2.mp4',
      size: file.bytes.length,
      crc64: String(crc64(file.bytes)),
    });
    expect(result.etag).toMatch(/-5"$/);
    expect(isStored(cloud, result.key, file)).toBe(true);
    expect([...cloud.acknowledged().values()]).toEqual([1, 1, 1, 1, 1]);
    const create = cloud.calls[0]?.params;
    expect(Object.fromEntries(create ?? [])).toMatchObject({
      Title: 'Talk',
      FileName: 'talk.mp4',
      FileSize: String(file.bytes.length),
      Tags: 'a,b',
      CateId: '7',
      UserData: '{"Extend":"x"}',
      Format: 'JSON',
      Version: '2017-03-21',
    });
    expect(task.progress).toMatchObject({ fraction: 1, partsDone: 5, loaded: file.bytes.length });
    expect(checkpoints.records.size).toBe(0);
  });

  it.each([
    ['an empty file', 0],
    ['a file below 100 KiB', 102_399],
    ['a file of one part', PART],
  ])('%s goes as one PutObject', async (_, size) => {
    const { clock, cloud, uploader } = world();
    const result = await clock.resolve(uploader().upload(testFile(size)).done);
    expect(cloud.calls.map((call) => call.operation)).toEqual(['CreateUploadVideo', 'PutObject']);
    expect(cloud.objects.get(result.key)?.body.length).toBe(size);
    expect(result.uploadId).toBeUndefined();
  });

  it('of an image goes through CreateUploadImage with its real extension, and answers the image id', async () => {
    const { clock, cloud, uploader } = world();
    const result = await clock.resolve(uploader().upload(testFile(10, 'Cover.JPG')).done);
    expect(result).toMatchObject({ imageId: 'image2', videoId: undefined });
    expect(cloud.calls[0]?.operation).toBe('CreateUploadImage');
    expect(cloud.calls[0]?.params.get('ImageExt')).toBe('jpg');
    expect(cloud.calls[0]?.params.get('ImageType')).toBe('default');
  });

  it('asks VOD with a simple cross-origin request: form body, no token in the URL, no upload listener', async () => {
    const { clock, http, uploader } = world();
    await clock.resolve(uploader().upload(testFile(10)).done);
    const [create] = http.sent;
    expect(create).toMatchObject({
      method: 'POST',
      url: 'http://vod.test',
      headers: [['content-type', 'application/x-www-form-urlencoded']],
    });
    expect(create?.onUploadProgress).toBeUndefined();
  });

  it('signs with V1 on request, and never sets a header that browsers forbid', async () => {
    const { clock, http, uploader } = world();
    await clock.resolve(uploader({ signatureVersion: 'v1' }).upload(testFile(3 * PART)).done);
    const names = http.sent.flatMap((request) => request.headers.map(([name]) => name));
    for (const forbidden of ['date', 'host', 'content-length']) expect(names).not.toContain(forbidden);
    expect(http.sent[1]?.headers.find(([name]) => name === 'authorization')?.[1]).toMatch(/^OSS STS\./);
  });

  it('keeps to the number of parts and files in flight', async () => {
    const { clock, http, uploader } = world();
    const one = uploader({ parallel: 2, parallelFiles: 1 });
    const tasks = [testFile(6 * PART, 'a.mp4'), testFile(6 * PART, 'b.mp4')].map((file) => one.upload(file));
    await clock.resolve(Promise.all(tasks.map((task) => task.done)));
    expect(http.mostInFlight).toBe(2);
  });

  it('refuses the same file while it is being uploaded', async () => {
    const { clock, uploader } = world();
    const one = uploader();
    const first = one.upload(testFile(3 * PART));
    const second = one.upload(testFile(3 * PART));
    expect(await clock.settle(second.done)).toMatchObject({ status: 'rejected', reason: { code: 'AlreadyUploading' } });
    expect(await clock.settle(first.done)).toMatchObject({ status: 'fulfilled' });
    expect(await clock.settle(one.upload(testFile(3 * PART)).done)).toMatchObject({ status: 'fulfilled' });
  });

  it('a file that is chosen again while its canceled upload is being removed waits for that, and is uploaded', async () => {
    const { clock, cloud, checkpoints, http, uploader } = world();
    http.latency = ({ method }) => (method === 'DELETE' ? 5000 : 100);
    const one = uploader();
    const first = one.upload(testFile(30 * PART));
    await clock.advance(500);
    expect(first.state).toBe('uploading');
    const canceled = first.cancel();
    const second = one.upload(testFile(30 * PART));
    const third = one.upload(testFile(30 * PART));
    const unwanted = third.cancel();
    const { videoId } = await clock.resolve(second.done);
    await clock.resolve(Promise.all([canceled, unwanted]));
    expect(videoId).not.toBe(first.videoId);
    expect(cloud.uploads.size).toBe(0);
    expect(checkpoints.records.size).toBe(0);
    expect(one.tasks).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  it('keeps a list of what has not ended', async () => {
    const { clock, http, uploader } = world();
    const one = uploader();
    const done = one.upload(testFile(PART, 'a.mp4'));
    const paused = one.upload(testFile(PART, 'b.mp4'));
    expect(one.tasks).toEqual([done, paused]);
    paused.pause();
    await clock.resolve(done.done);
    expect(one.tasks).toEqual([paused]);
    http.fault = () => 'lost-request';
    paused.resume();
    await clock.settle(paused.done);
    expect(one.tasks.map((task) => task.state)).toEqual(['failed']);
    one.close();
    await clock.advance(0);
    expect(one.tasks).toEqual([]);
  });

  it('tells speed over the last seconds and the time that is left', async () => {
    const { clock, http, uploader } = world();
    http.latency = () => 1000;
    const task = uploader({ parallel: 1 }).upload(testFile(10 * PART));
    const seen: number[] = [];
    task.on('partuploaded', ({ number }) => {
      if (number === 6) seen.push(task.progress.bytesPerSecond, task.progress.secondsLeft ?? 0);
    });
    await clock.resolve(task.done);
    expect(seen[0]).toBeCloseTo(PART, -4);
    expect(seen[1]).toBeCloseTo(4, 0);
  });

  it.each([
    ['a part size below 102 400', { partSize: 102_399 }],
    ['neither credentials nor auth', { credentials: undefined }],
    ['an endpoint that is no URL', { endpoint: 'vod.test' }],
    // It would be signed otherwise than it is sent.
    ['an endpoint with a query', { endpoint: 'http://vod.test/?a=1' }],
    // Anything but v4 would be signed with V1.
    ['a signature version that there is not', { signatureVersion: 'V4' as 'v4' }],
    // All users would be one, and share a token.
    ['an account that is no text', { account: { id: 7 } as unknown as string }],
    ['no parts in flight', { parallel: 0 }],
  ])('refuses %s up front', (_, options) => {
    const { uploader } = world();
    expect(() => uploader(options)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  });

  it('takes a number for its text, an URL for its address, and audio for a video', async () => {
    const { clock, cloud, checkpoints, http, uploader } = world();
    http.latency = () => 500;
    const odd = {
      account: 7,
      endpoint: new URL('http://vod.test'),
      parallel: 1,
    } as unknown as Partial<UploaderOptions>;
    const one = uploader(odd);
    const meta = { title: 2026, tags: [1, 2], referenceId: 1_234_567, cateId: null, kind: 'audio' };
    const task = one.upload(testFile(9 * PART), meta as unknown as UploadOptions);
    await clock.advance(3500);
    expect([...checkpoints.records.values()]).toMatchObject([{ account: '7' }]);
    await clock.resolve(task.done);
    expect(Object.fromEntries(cloud.calls[0]?.params ?? [])).toMatchObject({
      Action: 'CreateUploadVideo',
      Title: '2026',
      Tags: '1,2',
      ReferenceId: '1234567',
    });
    expect(cloud.calls[0]?.params.has('CateId')).toBe(false);
  });

  it('credentials() that answers nothing is told of as that', async () => {
    const { clock, uploader } = world();
    const credentials = async () => undefined as unknown as StsCredentials;
    const outcome = await clock.settle(uploader({ credentials, retryCount: 0 }).upload(testFile(10)).done);
    const told = { code: 'CredentialsFailed', message: expect.stringContaining('without accessKeyId') };
    expect(outcome).toMatchObject({ status: 'rejected', reason: told });
  });

  it('an exception of a listener reaches neither the upload nor the other listeners', async () => {
    const { clock, uploader, reported } = world();
    const task = uploader().upload(testFile(3 * PART));
    let told = 0;
    task.on('partuploaded', () => {
      throw new Error('listener');
    });
    const stop = task.on('partuploaded', () => told++);
    await clock.resolve(task.done);
    stop();
    expect(told).toBe(3);
    expect(reported).toHaveLength(3);
  });
});

describe('credential mode', () => {
  it('lets the back end make and refresh the media, and never calls VOD', async () => {
    const { clock, cloud, http, uploader } = world({ authLife: 3000 });
    http.latency = ({ method }) => (method === 'PUT' ? 700 : 20);
    const kinds: string[] = [];
    const auth = async ({ kind, videoId }: { kind: string; videoId?: string | undefined }) => {
      kinds.push(kind);
      return cloud[kind === 'refresh-video' ? 'refresh' : 'grant'](
        (kind === 'refresh-video' ? videoId : 'video') as 'video',
        'talk.mp4',
      ) as { UploadAuth: string };
    };
    const task = uploader({ auth, endpoint: undefined, parallel: 1 }).upload(testFile(8 * PART));
    const result = await clock.resolve(task.done);
    expect(kinds[0]).toBe('create-video');
    expect(new Set(kinds.slice(1))).toEqual(new Set(['refresh-video']));
    expect(result.videoId).toBe('video1');
    expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(cloud.calls.some((call) => call.params.has('Action'))).toBe(false);
  });
});
