import { describe, expect, it, vi } from 'vitest';
import { AliyunUpload } from '../aliyun-upload.js';
import { PART } from '../testing/bench.js';
import { ossError, rpcError } from '../testing/mini-cloud.js';
import { vodWorld } from '../testing/vod-bench.js';
import { transferOptions } from './transfer-options.js';
import type { UploadInfo } from './upload-info.js';
import type { VodOptions } from './vod-options.js';

const paramData = JSON.stringify({ Vod: { Title: 'Talk', Tags: 'a,b', CateId: 3, UserData: { Extend: 'x' } } });

function expectEachPartOnce(cloud: ReturnType<typeof vodWorld>['cloud'], parts: number): void {
  expect(cloud.acknowledged().size).toBe(parts);
  expect([...cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
}

describe('AliyunUpload.Vod as documented', () => {
  it('STS mode: callbacks in order, one file strictly after another, metadata from paramData', async () => {
    const w = vodWorld();
    const progress: number[] = [];
    const vod = w.vod({ onUploadProgress: (_, total, fraction) => progress.push(total, fraction) });
    vod.addFile(w.file(3 * PART, 'a.mp4'), null, null, null, paramData);
    vod.addFile(w.file(10, 'b.mp4'), null, null, null, paramData);
    await w.clock.advance(1);
    expect(vod.state).toBe('Init');
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toEqual([
      'add a.mp4',
      'add b.mp4',
      'started a.mp4',
      'succeed a.mp4',
      'started b.mp4',
      'succeed b.mp4',
      'end',
    ]);
    const [info] = vod.listFiles();
    expect(info).toMatchObject({
      state: 'Success',
      videoId: 'video2',
      bucket: 'media',
      object: 'sv/video2.mp4',
      loaded: 1,
    });
    expect(info?.fileHash).toMatch(/^[0-9a-f]{32}$/);
    expect(atob(info?.fileMd5 ?? '')).toBe(info?.fileHash);
    expect(progress[0]).toBe(3 * PART);
    expect(progress.filter((_, i) => i % 2).every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(Object.fromEntries(w.cloud.calls[0]?.params ?? [])).toMatchObject({
      Title: 'Talk',
      Tags: 'a,b',
      CateId: '3',
    });
    const initiate = w.cloud.calls.find((call) => call.operation === 'Initiate');
    expect(atob(initiate?.headers.get('x-oss-notification') ?? '')).toBe(paramData);
  });

  it('credential mode: the application makes the media, VOD is never called', async () => {
    const w = vodWorld();
    const vod = w.vod({}, 'auth');
    vod.addFile(w.file(3 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.at(-2)).toBe('succeed talk.mp4');
    expect(w.cloud.calls.some((call) => call.params.has('Action'))).toBe(false);
    expect(vod.listFiles()[0]).toMatchObject({ videoId: 'video1', region: 'cn-shanghai' });
  });

  it('credential mode: after expiry, resumeUploadWithAuth goes on with the same upload', async () => {
    const w = vodWorld({ authLife: 2000 });
    w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
    const vod = w.vod(
      {
        parallel: 2,
        onUploadTokenExpired: (info) => {
          expect(vod.state).toBe('Expire');
          vod.startUpload();
          w.clock.setTimeout(
            () => vod.resumeUploadWithAuth(w.cloud.refresh(info.videoId ?? '').UploadAuth ?? ''),
            3000,
          );
        },
      },
      'auth',
    );
    vod.addFile(w.file(12 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.filter((event) => event.startsWith('expired')).length).toBeGreaterThan(1);
    expect(w.events.at(-2)).toBe('succeed talk.mp4');
    expectEachPartOnce(w.cloud, 12);
    expect(w.cloud.count('Initiate')).toBe(1);
  });

  it('STS mode: the upload credential is renewed by itself while the token lives', async () => {
    const w = vodWorld({ authLife: 2000 });
    w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
    const vod = w.vod();
    vod.addFile(w.file(30 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).not.toContain('expired talk.mp4');
    expect(w.cloud.count('RefreshUploadVideo')).toBeGreaterThan(1);
    expectEachPartOnce(w.cloud, 30);
  });

  it('setSTSTokenDirectlyUpload goes straight to the store, to the place given with addFile', async () => {
    const w = vodWorld();
    const grant = w.cloud.grant('video', 'talk.mp4');
    const address = JSON.parse(atob(grant.UploadAddress ?? '')) as Record<string, string>;
    const auth = JSON.parse(atob(grant.UploadAuth ?? '')) as Record<string, string>;
    const vod = w.vod({
      onUploadstarted: (info) => {
        const { AccessKeyId = '', AccessKeySecret = '', SecurityToken = '', ExpireUTCTime } = auth;
        vod.setSTSTokenDirectlyUpload(info, AccessKeyId, AccessKeySecret, SecurityToken, ExpireUTCTime);
      },
    });
    vod.addFile(w.file(3 * PART), address.Endpoint, address.Bucket, address.FileName);
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.at(-2)).toBe('succeed talk.mp4');
    expect(w.cloud.objects.has(address.FileName ?? '')).toBe(true);
  });

  it('stopUpload and startUpload: asks for credentials again and goes on with what the server has', async () => {
    const w = vodWorld();
    w.http.latency = ({ method }) => (method === 'PUT' ? 500 : 10);
    const vod = w.vod({ parallel: 1 });
    vod.addFile(w.file(8 * PART));
    vod.startUpload();
    await w.clock.advance(1700);
    vod.stopUpload();
    expect([vod.state, vod.listFiles()[0]?.state]).toEqual(['Stop', 'Stoped']);
    await w.clock.advance(10_000);
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toEqual([
      'add talk.mp4',
      'started talk.mp4',
      'canceled talk.mp4',
      'started talk.mp4',
      'succeed talk.mp4',
      'end',
    ]);
    expectEachPartOnce(w.cloud, 8);
  });

  it('cancelFile aborts on the server and goes on with the next file; resumeFile makes it ready again', async () => {
    const w = vodWorld();
    w.http.latency = ({ method }) => (method === 'PUT' ? 500 : 10);
    const vod = w.vod();
    vod.addFile(w.file(8 * PART, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    vod.startUpload();
    await w.clock.advance(800);
    expect(vod.cancelFile(0)).toBe(true);
    await w.drain(vod);
    const told = w.events.filter((event) => !event.startsWith('add'));
    expect(told).toEqual(['started a.mp4', 'canceled a.mp4', 'started b.mp4', 'succeed b.mp4', 'end']);
    expect(w.cloud.count('Abort')).toBe(1);
    expect(w.checkpoints.records.size).toBe(0);
    expect(vod.resumeFile(0)).toBe(true);
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.slice(-3)).toEqual(['started a.mp4', 'succeed a.mp4', 'end']);
  });

  it('a reload: the file is added again, its videoId is known, and the app refreshes instead of creating', async () => {
    const w = vodWorld();
    w.http.latency = ({ method }) => (method === 'PUT' ? 500 : 10);
    const first = w.vod({ parallel: 1 });
    first.addFile(w.file(8 * PART));
    first.startUpload();
    await w.clock.advance(2300);
    first.stopUpload();
    await w.clock.advance(100);
    const second = w.vod({
      onUploadstarted: (info) => {
        expect(info.videoId).toBe('video2');
        expect(info.checkpoint?.checkpoint.uploadId).toMatch(/^UPLOAD/);
        expect(second.getCheckpoint(info.file)?.checkpoint.uploadId).toBe(info.checkpoint?.checkpoint.uploadId);
        const { UploadAuth = '', UploadAddress = '', VideoId } = w.cloud.refresh(info.videoId ?? '');
        second.setUploadAuthAndAddress(info, UploadAuth, UploadAddress, VideoId);
      },
    });
    second.addFile(w.file(8 * PART));
    second.startUpload();
    await w.drain(second);
    expectEachPartOnce(w.cloud, 8);
    expect(w.cloud.count('Initiate')).toBe(1);
  });

  it('a reload where the app makes a new media: nothing of the old one is mixed in', async () => {
    const w = vodWorld();
    w.http.latency = ({ method }) => (method === 'PUT' ? 500 : 10);
    const first = w.vod({ parallel: 1 });
    first.addFile(w.file(8 * PART));
    first.startUpload();
    await w.clock.advance(2300);
    first.stopUpload();
    await w.clock.advance(100);
    const second = w.vod({}, 'auth');
    second.addFile(w.file(8 * PART));
    second.startUpload();
    await w.drain(second);
    const info = second.listFiles()[0];
    expect(info?.videoId).not.toBe('video2');
    expect(w.cloud.objects.get(info?.object ?? '')?.body.length).toBe(8 * PART);
  });
});

describe('options as pages write them', () => {
  const read = (options: Partial<VodOptions>) => transferOptions(options);

  it.each([0, '', null, undefined])('%j is the default where nothing can be meant by it', (nothing) => {
    expect(read({ partSize: nothing, parallel: nothing, timeout: nothing })).toMatchObject({
      partSize: 1_048_576,
      parallel: 5,
      timeout: 60_000,
    });
  });

  it.each(['', null, undefined])('retryCount and retryDuration %j are the default', (nothing) => {
    expect(read({ retryCount: nothing, retryDuration: nothing })).toMatchObject({ retryCount: 3, retryDelay: 2000 });
  });

  it('numbers may be texts', () => {
    const texts = { partSize: '262144', parallel: '2', timeout: '5000', retryCount: '7', retryDuration: '0.5' };
    const numbers = { partSize: 262_144, parallel: 2, timeout: 5000, retryCount: 7, retryDelay: 500 };
    expect(read(texts)).toMatchObject(numbers);
  });

  it('a part is at least what the store takes, and a whole number', () => {
    expect(read({ partSize: 1000 }).partSize).toBe(102_400);
    expect(read({ partSize: 262_144.9, parallel: 0.5 })).toMatchObject({ partSize: 262_144, parallel: 1 });
  });

  it.each([{ partSize: 'many' }, { parallel: -1 }, { timeout: Number.NaN, retryCount: 'x' }, { endpoint: 'vod' }])(
    'what means nothing throws: %j',
    (options) => {
      expect(() => vodWorld().vod(options)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    },
  );

  it('defaults can be read back, and a change counts for the next file', async () => {
    const w = vodWorld();
    const vod = w.vod({ partSize: undefined });
    expect(vod.options).toMatchObject({ partSize: 1_048_576, parallel: 5, region: 'cn-shanghai', cname: false });
    vod.options.partSize = PART;
    vod.addFile(w.file(3 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.cloud.acknowledged().size).toBe(3);
  });

  it('a change that means nothing fails the file, not the page', async () => {
    const w = vodWorld();
    const vod = w.vod();
    vod.options.partSize = 'many';
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toContain('failed talk.mp4 InvalidOption');
  });
});

describe('the queue', () => {
  it('ends in Failure, without onUploadEnd, when the last file failed', async () => {
    const w = vodWorld();
    w.cloud.intercept = ({ operation }) => (operation === 'PutObject' ? ossError(403, 'AccessDenied') : undefined);
    const vod = w.vod();
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.clock.advance(1000);
    expect([vod.state, w.events.at(-1)]).toEqual(['Failure', 'failed talk.mp4 AccessDenied']);
    w.cloud.intercept = () => undefined;
    vod.startUpload();
    await w.clock.advance(1000);
    expect([vod.state, w.events.at(-1)]).toEqual(['End', 'end']);
  });

  it('a start of nothing ends without onUploadEnd', () => {
    const w = vodWorld();
    const vod = w.vod();
    vod.startUpload();
    expect([vod.state, w.events]).toEqual(['End', []]);
  });

  it('nextUpload begins nothing before startUpload, and nothing beside what runs', async () => {
    const w = vodWorld();
    const vod = w.vod({}, 'none');
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    vod.nextUpload();
    await w.clock.advance(10);
    expect(vod.state).toBe('Init');
    vod.startUpload();
    vod.nextUpload();
    await w.clock.advance(10);
    expect(w.events.filter((event) => event.startsWith('started'))).toEqual(['started a.mp4']);
  });

  it('listFiles answers the list itself', async () => {
    const w = vodWorld();
    const vod = w.vod({}, 'none');
    const list = vod.listFiles();
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    expect(list.length).toBe(2);
    vod.deleteFile(0);
    expect(list.map((info) => (info.file as File).name)).toEqual(['b.mp4']);
    vod.cleanList();
    expect(list).toEqual([]);
  });

  it('clear takes the files of one state off the list and tells how many are left', async () => {
    const w = vodWorld();
    const told: number[] = [];
    const vod = w.vod({ onClear: (left, succeeded) => told.push(left, succeeded) });
    vod.addFile(w.file(10, 'a.mp4'));
    vod.startUpload();
    await w.drain(vod);
    vod.addFile(w.file(10, 'b.mp4'));
    vod.clear('Success');
    expect(told).toEqual([1, 1]);
    expect(vod.listFiles().map(({ state }) => state)).toEqual(['Ready']);
  });

  it('the same File is not taken twice, an equal one is', () => {
    const w = vodWorld();
    const vod = w.vod();
    const file = w.file(10);
    expect(vod.addFile(file)).toBe(true);
    expect(vod.addFile(file)).toBe(false);
    expect(vod.addFile(w.file(10))).toBe(true);
    expect(vod.addFile(undefined as unknown as File)).toBe(false);
    expect(w.events).toEqual([]);
  });

  it('stopUpload in onUploadSucceed stops the queue, and leaves the file alone', async () => {
    const w = vodWorld();
    const vod = w.vod({ onUploadSucceed: () => vod.stopUpload() });
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    vod.startUpload();
    await w.clock.advance(1000);
    expect([vod.state, ...vod.listFiles().map(({ state }) => state)]).toEqual(['Stop', 'Success', 'Ready']);
  });

  it('a new credential in onUploadFailed goes on with the file', async () => {
    const w = vodWorld();
    let refused = 0;
    w.cloud.intercept = ({ operation }) =>
      operation === 'Complete' && refused++ === 0 ? ossError(403, 'AccessDenied') : undefined;
    const vod = w.vod({
      onUploadFailed: (info) => {
        const token = w.cloud.issueToken();
        vod.setSTSToken(info, token.accessKeyId, token.accessKeySecret, token.securityToken);
      },
    });
    vod.addFile(w.file(3 * PART));
    vod.startUpload();
    for (let i = 0; i < 50 && vod.state !== 'End'; i++) await w.clock.advance(100);
    expect(w.events.slice(-3)).toEqual(['failed talk.mp4 AccessDenied', 'succeed talk.mp4', 'end']);
    expectEachPartOnce(w.cloud, 3);
  });

  it('an expiry that nobody listens to fails the file', async () => {
    const w = vodWorld({ authLife: 2000 });
    w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
    const vod = w.vod({ parallel: 1 }, 'auth');
    vod.options.onUploadTokenExpired = undefined;
    vod.addFile(w.file(12 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.at(-1)).toBe('failed talk.mp4 SecurityTokenExpired');
  });

  it.each(['stopUpload', 'cancelFile', 'deleteFile'] as const)(
    '%s right after the credential was given: nothing is uploaded',
    async (method) => {
      const w = vodWorld();
      let stopped = false;
      const vod = w.vod({
        onUploadstarted: (info) => {
          const { accessKeyId, accessKeySecret, securityToken } = w.cloud.issueToken();
          vod.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
          if (!stopped) vod[method](0);
          stopped = true;
        },
      });
      vod.addFile(w.file(3 * PART));
      vod.startUpload();
      await w.clock.advance(10_000);
      expect(w.events).toContain('canceled talk.mp4');
      expect(w.cloud.calls).toEqual([]);
      vod.resumeFile(0);
      vod.startUpload();
      await w.clock.advance(10_000);
      expect(w.cloud.count('Complete')).toBe(method === 'deleteFile' ? 0 : 1);
    },
  );

  it('stopUpload ends the wait for a credential; startUpload asks again', async () => {
    const w = vodWorld({ authLife: 2000 });
    w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
    const vod = w.vod(
      {
        parallel: 1,
        onUploadstarted: (info) => {
          const grant = info.videoId ? w.cloud.refresh(info.videoId) : w.cloud.grant('video', 'talk.mp4');
          vod.setUploadAuthAndAddress(info, grant.UploadAuth ?? '', grant.UploadAddress ?? '', grant.VideoId);
        },
        onUploadTokenExpired: () => {
          vod.stopUpload();
          w.clock.setTimeout(() => vod.startUpload(), 100);
        },
      },
      'none',
    );
    vod.addFile(w.file(8 * PART));
    vod.startUpload();
    for (let i = 0; i < 200 && vod.state !== 'End'; i++) await w.clock.advance(100);
    expect(w.events.at(-1)).toBe('end');
    expect(w.cloud.count('Initiate')).toBe(1);
    expectEachPartOnce(w.cloud, 8);
  });
});

describe('defects of 1.5 that are not copied', () => {
  it.each([
    ['resumeUploadWithSTSToken', true],
    ['setSTSToken', false],
  ])(
    'STS resume works (%s): RefreshUploadVideo with the true VideoId, same upload, no part twice',
    async (_, byResume) => {
      const w = vodWorld({ authLife: 2000, tokenLife: 3000 });
      w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
      const vod = w.vod({
        parallel: 2,
        onUploadTokenExpired: (info) => {
          w.clock.setTimeout(() => {
            const { accessKeyId, accessKeySecret, securityToken, expiration } = w.cloud.issueToken();
            if (byResume) vod.resumeUploadWithSTSToken(accessKeyId, accessKeySecret, securityToken, expiration);
            else vod.setSTSToken(info, accessKeyId, accessKeySecret, securityToken);
          }, 5000);
        },
      });
      vod.addFile(w.file(24 * PART), null, null, null, paramData);
      vod.startUpload();
      await w.drain(vod);
      expect(w.events.at(-2)).toBe('succeed talk.mp4');
      expect(w.events.filter((event) => event === 'expired talk.mp4').length).toBeGreaterThan(1);
      const refreshes = w.cloud.calls.filter((call) => call.operation === 'RefreshUploadVideo');
      expect(new Set(refreshes.map((call) => call.params.get('VideoId')))).toEqual(new Set(['video2']));
      expect(w.cloud.count('Initiate')).toBe(1);
      expectEachPartOnce(w.cloud, 24);
    },
  );

  it('in STS mode a refreshed UploadAuth is understood too', async () => {
    const w = vodWorld({ authLife: 2000, tokenLife: 3000 });
    w.http.latency = ({ method }) => (method === 'PUT' ? 700 : 10);
    const vod = w.vod({
      onUploadTokenExpired: (info) =>
        void w.clock.setTimeout(
          () => vod.resumeUploadWithAuth(w.cloud.refresh(info.videoId ?? '').UploadAuth ?? ''),
          1000,
        ),
    });
    vod.addFile(w.file(24 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.at(-2)).toBe('succeed talk.mp4');
    expect(w.cloud.count('Initiate')).toBe(1);
    expectEachPartOnce(w.cloud, 24);
  });

  it('retryCount 0 and retryDuration 0 count', async () => {
    const w = vodWorld();
    w.http.fault = () => 'lost-request';
    const vod = w.vod({ retryCount: 0, retryDuration: 0 });
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.drain(vod);
    expect(w.http.sent.length).toBe(1);
    expect(w.events).toContain('failed talk.mp4 GetUploadAuthFailed');
  });

  it('enableUploadProgress: false stays false', () => {
    const options = { enableUploadProgress: false };
    expect(vodWorld().vod(options).options.enableUploadProgress).toBe(false);
  });

  it('images are told by their real extension', async () => {
    const w = vodWorld();
    const vod = w.vod();
    for (const name of ['apng_talk.mp4', 'my-png-video.mp4', 'photo.gif', 'photo.heic', 'a.JPEG'])
      vod.addFile(w.file(9, name));
    expect(vod.listFiles().map((info) => info.isImage)).toEqual([false, false, true, true, true]);
  });

  it('the ImageId is told', async () => {
    const w = vodWorld();
    for (const mode of ['sts', 'auth'] as const) {
      const vod = w.vod({}, mode);
      vod.addFile(w.file(9, `${mode}.png`));
      vod.startUpload();
      await w.drain(vod);
      expect(vod.listFiles()[0]?.imageId).toMatch(/^image\d/);
    }
  });

  it('onUploadFailed is always called, with code and message, and the queue moves on', async () => {
    const w = vodWorld();
    w.cloud.intercept = (call) =>
      call.params.get('FileName') === 'a.mp4' ? { status: 400, headers: {}, body: '' } : undefined;
    const failed: string[] = [];
    const vod = w.vod({ onUploadFailed: (_, code, message) => failed.push(code, message) });
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    vod.startUpload();
    await w.drain(vod);
    expect(failed[0]).toBe('Http400');
    expect(failed[1]).not.toBe('');
    expect(w.events.slice(-3)).toEqual(['started b.mp4', 'succeed b.mp4', 'end']);
  });

  it('SignatureDoesNotMatch is a failure, not an expiry', async () => {
    const w = vodWorld();
    w.cloud.intercept = ({ operation }) =>
      operation === 'Initiate' ? ossError(403, 'SignatureDoesNotMatch') : undefined;
    const vod = w.vod();
    vod.addFile(w.file(3 * PART));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toContain('failed talk.mp4 SignatureDoesNotMatch');
  });

  it('a missing or broken paramData does not throw', async () => {
    const w = vodWorld();
    const vod = w.vod();
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'), null, null, null, 'no json');
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.filter((event) => event.startsWith('succeed')).length).toBe(2);
    expect(w.cloud.calls[0]?.params.get('Title')).toBe('a.mp4');
  });

  it('window.onbeforeunload, cookies and other hosts are left alone', async () => {
    const mine = () => undefined;
    const cookies = vi.fn();
    const page = { onbeforeunload: mine };
    vi.stubGlobal('window', page);
    vi.stubGlobal('document', Object.defineProperty({}, 'cookie', { get: () => '', set: cookies }));
    const w = vodWorld();
    const vod = w.vod({ userId: '1', enableUploadProgress: true });
    vod.addFile(w.file(3 * PART));
    vod.startUpload();
    await w.drain(vod);
    vi.unstubAllGlobals();
    expect(page.onbeforeunload).toBe(mine);
    expect(cookies).not.toHaveBeenCalled();
    const hosts = new Set(w.http.sent.map((request) => new URL(request.url).host));
    expect(hosts).toEqual(new Set(['vod.test', 'media.oss.test']));
    const known = ['CreateUploadVideo', 'Initiate', 'UploadPart', 'Complete'];
    expect(new Set(w.cloud.calls.map((call) => call.operation))).toEqual(new Set(known));
  });

  it('exceptions in callbacks are reported and do not break the queue', async () => {
    const w = vodWorld();
    const fail = () => {
      throw new Error('callback');
    };
    const vod = w.vod({ addFileSuccess: fail, onUploadProgress: fail, onUploadSucceed: fail, onUploadEnd: fail });
    vod.addFile(w.file(10, 'a.mp4'));
    vod.addFile(w.file(10, 'b.mp4'));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events.filter((event) => event.startsWith('succeed')).length).toBe(2);
    expect(w.reported.length).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['an empty UploadAuth', ['', 'x'], 'InvalidParameter.EmptyValue'],
    ['swapped or broken values', ['abc', 'def'], 'InvalidParameter.TokenInvalid'],
  ])('%s gives an error callback', async (_, [auth = '', address = ''], code) => {
    const w = vodWorld();
    const vod = w.vod({
      onUploadstarted: (info: UploadInfo) => void vod.setUploadAuthAndAddress(info, auth, address, 'video1'),
    });
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toEqual(['add talk.mp4', 'started talk.mp4', `failed talk.mp4 ${code}`]);
  });

  it('an empty STS token gives an error callback', async () => {
    const w = vodWorld();
    const vod = w.vod({ onUploadstarted: (info) => void vod.setSTSToken(info, 'id', '', 'token') });
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toContain('failed talk.mp4 InvalidParameter.EmptyValue');
  });

  it('an empty file is told, and not queued', () => {
    const w = vodWorld();
    const vod = w.vod();
    expect(vod.addFile(w.file(0, 'empty.mp4'))).toBe(false);
    expect(w.events).toEqual(['failed empty.mp4 EmptyFile']);
    expect(vod.listFiles()).toEqual([]);
  });

  it('a media that is gone on the server is an error callback, not an exception', async () => {
    const w = vodWorld();
    w.cloud.intercept = ({ operation }) =>
      operation === 'CreateUploadVideo' ? rpcError(404, 'InvalidStorage.NotFound') : undefined;
    const vod = w.vod();
    vod.addFile(w.file(10));
    vod.startUpload();
    await w.drain(vod);
    expect(w.events).toContain('failed talk.mp4 InvalidStorage.NotFound');
  });
});

it('needs no browser to be imported', () => {
  expect(typeof AliyunUpload.Vod).toBe('function');
});
