import { describe, expect, it } from 'vitest';
import { json } from '../../testing/native-answers.js';
import { type NativeWorld, nativeWorld } from '../../testing/native-world.js';
import { VODUploadCallback, VODUploadListener } from './callback.js';
import { VODClientException } from './errors.js';
import { expiration } from './expire-time.js';
import { VodHttpClientConfig } from './http-client-config.js';
import { VODStatus, VODUploadFileStatus } from './states.js';
import { notificationOf, uploadOptionsOf, VodInfo } from './vod-info.js';
import type { VODUploadClientImpl, VodClientSetup } from './vod-upload-client.js';

const PART = 102_400;
const SIZE = 4 * PART + 5;
const LONG = 20 * PART;

class Recorder extends VODUploadCallback {
  readonly #events: string[];
  after: (event: string) => void = () => {};
  constructor(events: string[]) {
    super();
    this.#events = events;
  }
  #tell(event: string): void {
    this.#events.push(event);
    this.after(event);
  }
  override onUploadStarted(info: { filePath: string; status: string }): void {
    this.#tell(`started ${nameOf(info)} ${info.status}`);
  }
  override onUploadSucceed(info: { filePath: string; status: string }, result: { videoid?: string | undefined }): void {
    this.#tell(`succeeded ${nameOf(info)} ${result.videoid}`);
  }
  override onUploadFailed(info: { filePath: string }, code: string): void {
    this.#tell(`failed ${nameOf(info)} ${code}`);
  }
  override onUploadTokenExpired(): void {
    this.#tell('expired');
  }
  override onUploadRetry(code: string): void {
    this.#tell(`retry ${code}`);
  }
  override onUploadRetryResume(): void {
    this.#tell('retryResume');
  }
}

const nameOf = ({ filePath }: { filePath: string }) => filePath.split('/').pop();

interface Mobile {
  readonly world: NativeWorld;
  readonly client: VODUploadClientImpl;
  readonly callback: Recorder;
  readonly events: string[];
  token(): [string, string, string, string];
  /** Lets time pass until the client says so. */
  until(event: string): Promise<void>;
}

function mobile(
  mode: 'sts' | 'auth',
  options: Parameters<typeof nativeWorld>[0] = {},
  setup?: Partial<VodClientSetup>,
): Mobile {
  const world = nativeWorld(options);
  const client = world.client(setup);
  const { events } = world;
  const callback = new Recorder(events);
  const token = (): [string, string, string, string] => {
    const { accessKeyId, accessKeySecret, securityToken, expiration: end } = world.cloud.issueToken();
    return [accessKeyId, accessKeySecret, securityToken, end];
  };
  if (mode === 'sts') client.init(...token(), callback);
  else client.init(callback);
  const until = (event: string) =>
    world.clock.resolve(
      new Promise<void>((resolve) => {
        if (events.some((seen) => seen.startsWith(event))) resolve();
        const before = callback.after;
        callback.after = (seen) => {
          before(seen);
          if (seen.startsWith(event)) resolve();
        };
      }),
    );
  return { world, client, callback, events, token, until };
}

/** A line so slow that three parts take longer than a token lives. */
function outlivedMobile(): Mobile {
  const made = mobile('sts', { tokenLife: 60_000, authLife: 40_000 });
  made.world.http.latency = () => 15_000;
  return made;
}

describe('init', () => {
  const client = () => nativeWorld().client();
  const code = (run: () => void) => {
    try {
      run();
      return undefined;
    } catch (error) {
      return error instanceof VODClientException ? error.getCode() : String(error);
    }
  };

  it('takes the three overloads and refuses what is empty', () => {
    expect(code(() => client().init({}))).toBeUndefined();
    expect(code(() => client().init('id', 'secret', {}))).toBeUndefined();
    expect(code(() => client().init('id', 'secret', 'token', '2030-01-01T00:00:00Z', {}))).toBeUndefined();
    expect(code(() => client().init('', 'secret', {}))).toBe('MissingArgument');
    expect(code(() => client().init('id', 'secret', '', '2030-01-01T00:00:00Z', {}))).toBe('MissingArgument');
    expect(code(() => client().init('id', 'secret', 'token', '', {}))).toBe('MissingArgument');
    expect(code(() => client().init(undefined as unknown as object))).toBe('MissingArgument');
  });

  it('answers true or false under the names of iOS', () => {
    expect(client().setListener(new VODUploadListener())).toBe(true);
    expect(client().setKeyId('id', 'secret', 'token', '2030-01-01T00:00:00Z', new VODUploadListener())).toBe(true);
    expect(client().setKeyId('id', '', 'token', '2030-01-01T00:00:00Z', new VODUploadListener())).toBe(false);
  });

  it('reads the end of a token as ISO 8601, as seconds of the epoch and as a lifetime', () => {
    const now = Date.parse('2026-01-01T00:00:00Z');
    expect(expiration('2026-01-01T01:00:00Z', now)).toBe(now + 3_600_000);
    expect(expiration(String(now / 1000 + 60), now)).toBe(now + 60_000);
    expect(expiration(now + 5, now)).toBe(now + 5);
    expect(expiration('3000', now)).toBe(now + 3_000_000);
    expect(expiration('soon', now)).toBeUndefined();
  });

  it('does not take long-lived access keys to a server', async () => {
    const { world, client, events } = mobile('sts');
    client.init('id', 'secret', new Recorder(events));
    client.addFile(world.file(SIZE));
    client.start();
    expect(events).toEqual(['started talk.mp4 INIT', 'failed talk.mp4 PermissionDenied']);
    expect(world.cloud.calls).toEqual([]);
  });
});

describe('STS mode', () => {
  it('makes the media, uploads one file after another, and says so in order', async () => {
    const { world, client, events, until } = mobile('sts');
    const vodInfo = new VodInfo();
    vodInfo.setTitle('My talk');
    vodInfo.setTags(['a', 'b']);
    vodInfo.setCateId(null);
    client.setTemplateGroupId('group');
    client.setWorkflowId('flow');
    client.setAppId('app-1');
    client.setStorageLocation('out-1');
    client.addFile(world.file(SIZE, 'one.mp4'), vodInfo);
    client.addFile(world.file(10, 'two.mp3'));
    client.start();
    expect(client.getStatus()).toBe('GETVODAUTH');
    expect(client.start()).toBe(false);
    await until('succeeded two');
    expect(events).toEqual([
      'started one.mp4 INIT',
      'succeeded one.mp4 video2',
      'started two.mp3 INIT',
      expect.stringMatching(/^succeeded two.mp3 video/),
    ]);
    expect(client.getStatus()).toBe('FINISHED');
    expect(client.status).toBe(VODStatus.Success);
    expect(client.listFiles().map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS']);
    const [create] = world.cloud.calls;
    expect(Object.fromEntries(create?.params ?? [])).toMatchObject({
      Title: 'My talk',
      Tags: 'a,b',
      FileName: 'one.mp4',
      FileSize: String(SIZE),
      TemplateGroupId: 'group',
      WorkflowId: 'flow',
      AppId: 'app-1',
      StorageLocation: 'out-1',
    });
    expect(create?.params.has('CateId')).toBe(false);
  });

  it('tells the real extension of an image, and its address', async () => {
    const { world, client, events, until } = mobile('sts');
    world.cloud.intercept = (call) =>
      call.operation === 'CreateUploadImage'
        ? json({ ...world.cloud.grant('image', 'cover.jpg'), ImageURL: 'http://img.test/cover.jpg' })
        : undefined;
    client.addFile(world.file(100, 'cover.jpg'));
    client.start();
    await until('succeeded');
    expect(events.at(-1)).toBe('succeeded cover.jpg undefined');
    expect(client.listFiles()[0]?.result).toMatchObject({ imageUrl: 'http://img.test/cover.jpg' });
    const [create] = world.cloud.calls;
    expect(create?.params.get('ImageExt')).toBe('jpg');
    expect(create?.params.get('ImageType')).toBe('cover');
  });

  it('goes on with resumeWithToken, at the part where it was, with the same upload', async () => {
    const { world, client, callback, events, token, until } = outlivedMobile();
    const states: string[] = [];
    callback.after = (event) => {
      if (event !== 'expired') return;
      states.push(`${client.getStatus()} ${client.status === VODStatus.Expire}`);
      client.resumeWithToken(...token());
    };
    client.addFile(world.file(3 * SIZE));
    client.start();
    await until('succeeded');
    expect(events.filter((event) => event === 'expired').length).toBeGreaterThan(0);
    expect(states[0]).toBe('PAUSED true');
    expect(client.getStatus()).toBe('FINISHED');
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
    expect(world.cloud.count('Initiate')).toBe(1);
    expect(world.cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('takes a new token before the old one ended', async () => {
    const { world, client, events, token, until } = mobile('sts', { tokenLife: 120_000 });
    client.addFile(world.file(SIZE));
    client.start();
    await world.clock.advance(30);
    expect(client.resumeWithToken(...token())).toBe(true);
    await until('succeeded');
    expect(events).not.toContain('expired');
  });

  it('waits without a token: resume alone does not go on', async () => {
    const { world, client, events, token, until } = outlivedMobile();
    client.addFile(world.file(3 * SIZE));
    client.start();
    await until('expired');
    expect(client.resume()).toBe(false);
    expect(client.resumeWithToken(...token())).toBe(true);
    expect(client.getStatus()).toBe('STARTED');
    expect(events).not.toContain('failed');
  });

  it('goes on with the token it got while it was stopped, and asks again when it got none', async () => {
    const { world, client, events, token, until } = outlivedMobile();
    client.addFile(world.file(3 * SIZE));
    client.start();
    await until('expired');
    client.stop();
    events.length = 0;
    client.start();
    expect(events).toEqual(['started talk.mp4 INIT', 'expired']);
    expect(client.getStatus()).toBe('PAUSED');
    client.stop();
    client.resumeWithToken(...token());
    events.length = 0;
    client.start();
    expect(events).toEqual(['started talk.mp4 INIT']);
    const acknowledged = world.cloud.acknowledged().size;
    await until('expired');
    expect(world.cloud.acknowledged().size).toBeGreaterThan(acknowledged);
  });

  it('goes on with the next file when the one that waited for a token was canceled meanwhile', async () => {
    const { world, client, token, until } = outlivedMobile();
    client.addFile(world.file(3 * SIZE, 'one.mp4'));
    client.addFile(world.file(PART / 2, 'two.mp4'));
    client.start();
    await until('expired');
    client.cancelFile(0);
    expect(client.resumeWithToken(...token())).toBe(true);
    await until('succeeded two');
    expect(client.getStatus()).toBe('FINISHED');
  });

  it('does not take a refusal of the store for an expiry', async () => {
    const { world, client, events, until } = mobile('sts');
    client.setVodHttpClientConfig(VodHttpClientConfig.builder().setMaxRetryCount(1).build());
    world.cloud.intercept = ({ operation }) =>
      operation === 'UploadPart'
        ? { status: 403, headers: {}, body: '<Error><Code>AccessDenied</Code><Message>quota</Message></Error>' }
        : undefined;
    client.addFile(world.file(SIZE));
    client.start();
    await until('failed');
    expect(events).toEqual(['started talk.mp4 INIT', 'failed talk.mp4 AccessDenied']);
    expect(client.getStatus()).toBe('FAIlURE');
  });

  it('says once that it tries again, and once that it got through', async () => {
    const { world, client, events, until } = mobile('sts');
    let broken = 0;
    world.http.fault = ({ method, url }) =>
      method === 'PUT' && url.search.includes('partNumber=2') && broken++ < 3 ? 'lost-request' : undefined;
    client.addFile(world.file(SIZE));
    client.start();
    await until('succeeded');
    const order = events.filter((event) => event.startsWith('retry'));
    expect(order[0]).toBe('retry ClientException');
    expect(order.at(-1)).toBe('retryResume');
    expect(order.filter((event) => event === 'retryResume')).toHaveLength(order.length / 2);
  });

  it('goes on without the network for as long as it takes', async () => {
    const { world, client, events, until } = mobile('sts', { tokenLife: 36_000_000, authLife: 36_000_000 });
    const gone = world.clock.now() + 50;
    const back = gone + 3_600_000;
    world.http.fault = () => {
      const now = world.clock.now();
      return now > gone && now < back ? 'lost-request' : undefined;
    };
    client.addFile(world.file(SIZE));
    client.start();
    await until('succeeded');
    expect(world.clock.now()).toBeGreaterThan(back);
    expect(events.at(-1)).toBe('succeeded talk.mp4 video2');
  });

  it('fails a file that is not there, and goes on with the next when it is started again', async () => {
    const { world, client, callback, events, until } = mobile('sts');
    callback.after = (event) => {
      if (event.startsWith('failed')) client.start();
    };
    client.addFile('file:///data/none.mp4');
    client.addFile(world.file(SIZE));
    client.start();
    await until('succeeded');
    expect(events.slice(0, 2)).toEqual(['started none.mp4 INIT', 'failed none.mp4 FileNotExist']);
    expect(client.listFiles().map(({ state }) => state)).toEqual([
      VODUploadFileStatus.Failure,
      VODUploadFileStatus.Success,
    ]);
  });

  it('uploads straight to the store where bucket and object are given', async () => {
    const { world, client, until } = mobile('sts');
    const grant = world.cloud.grant('video', 'talk.mp4');
    const key = JSON.parse(atob(grant.UploadAddress ?? '')).FileName as string;
    const auth = JSON.parse(atob(grant.UploadAuth ?? ''));
    client.init(
      auth.AccessKeyId,
      auth.AccessKeySecret,
      auth.SecurityToken,
      auth.ExpireUTCTime,
      new Recorder(world.events),
    );
    client.addFile(world.file(SIZE), 'http://oss.test', 'media', key, { title: 'Käse', isShowWaterMark: true });
    client.start();
    await world.clock.advance(60_000);
    await until('succeeded').catch(() => undefined);
    expect(world.events.at(-1)).toBe('succeeded talk.mp4 undefined');
    expect(world.cloud.objects.has(key)).toBe(true);
    expect(world.cloud.count('CreateUploadVideo')).toBe(0);
    const complete = world.cloud.calls.find(({ operation }) => operation === 'Complete');
    const notice = Buffer.from(complete?.headers.get('x-oss-notification') ?? '', 'base64').toString();
    expect(JSON.parse(notice)).toEqual({
      Vod: { Title: 'Käse', IsProcess: 'true', UserData: { IsShowWaterMark: 'true', Priority: '6' } },
    });
  });
});

describe('credential mode', () => {
  function answering(options: Parameters<typeof nativeWorld>[0] = {}) {
    const made = mobile('auth', options);
    const { world, client, callback } = made;
    const ids: string[] = [];
    callback.after = (event) => {
      if (event.startsWith('started')) {
        const info = client.listFiles().find(({ status }) => status === 'INIT');
        const grant = world.cloud.grant('video', 'talk.mp4');
        ids.push(grant.VideoId ?? '');
        if (info) client.setUploadAuthAndAddress(info, grant.UploadAuth ?? '', grant.UploadAddress ?? '');
      }
      if (event === 'expired') client.resumeWithAuth(world.cloud.refresh(ids.at(-1) ?? '').UploadAuth ?? '');
    };
    return { ...made, ids };
  }

  it('uploads with what setUploadAuthAndAddress gave, and never calls VOD', async () => {
    const { world, client, events, until } = answering();
    client.addFile(world.file(SIZE), { title: 'x' });
    client.start();
    await until('succeeded');
    expect(events).toEqual(['started talk.mp4 INIT', 'succeeded talk.mp4 undefined']);
    expect(world.cloud.calls.some(({ operation }) => /Create|Refresh/.test(operation))).toBe(false);
    expect(client.listFiles()[0]?.getObject()).toMatch(/^sv\//);
  });

  it('may be given the credential long after onUploadStarted, or before start', async () => {
    const { world, client, until } = mobile('auth');
    const grant = (name: string) => world.cloud.grant('video', name);
    client.addFile(world.file(SIZE, 'late.mp4'));
    client.addFile(world.file(SIZE, 'early.mp4'));
    const [late, early] = client.listFiles();
    const first = grant('early.mp4');
    if (early) client.setUploadAuthAndAddress(early, first.UploadAuth ?? '', first.UploadAddress ?? '');
    client.start();
    await world.clock.advance(3_600_000);
    expect(late?.status).toBe('INIT');
    const second = grant('late.mp4');
    if (late) client.setUploadAuthAndAddress(late, second.UploadAuth ?? '', second.UploadAddress ?? '');
    // The early one has ended meanwhile.
    await until('expired').catch(() => undefined);
    expect(world.events).toContain('succeeded late.mp4 undefined');
  });

  it('goes on with resumeWithAuth', async () => {
    const { world, client, events, until } = answering({ authLife: 60_000 });
    world.http.latency = () => 25_000;
    client.addFile(world.file(3 * SIZE));
    client.start();
    await until('succeeded');
    expect(events).toContain('expired');
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
    expect(world.cloud.count('Initiate')).toBe(1);
  });

  it('resumes after the application was killed, when it is given the same address', async () => {
    const { world, client, ids } = answering();
    const uri = world.file(LONG);
    client.addFile(uri);
    client.start();
    await world.clock.advance(45);
    client.stop();
    await world.clock.advance(5_000);
    const sent = world.cloud.count('UploadPart');
    expect(sent).toBeGreaterThan(0);
    const again = world.client();
    const events: string[] = [];
    const callback = new Recorder(events);
    again.init(callback);
    again.addFile(uri);
    const [info] = again.listFiles();
    const grant = world.cloud.refresh(ids[0] ?? '');
    if (info) again.setUploadAuthAndAddress(info, grant.UploadAuth ?? '', grant.UploadAddress ?? '');
    again.start();
    await world.clock.advance(60_000);
    expect(events.at(-1)).toMatch(/^succeeded/);
    expect(world.cloud.count('Initiate')).toBe(1);
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
  });

  it('begins anew when it is given another address', async () => {
    const { world, client } = answering();
    const uri = world.file(LONG);
    client.addFile(uri);
    client.start();
    await world.clock.advance(45);
    client.stop();
    await world.clock.advance(5_000);
    const again = world.client();
    const events: string[] = [];
    again.init(new Recorder(events));
    again.addFile(uri);
    const [info] = again.listFiles();
    const grant = world.cloud.grant('video', 'talk.mp4');
    if (info) again.setUploadAuthAndAddress(info, grant.UploadAuth ?? '', grant.UploadAddress ?? '');
    again.start();
    await world.clock.advance(60_000);
    expect(events.at(-1)).toMatch(/^succeeded/);
    expect(world.cloud.objects.has(info?.object ?? '')).toBe(true);
    expect(world.cloud.count('Initiate')).toBe(2);
  });

  it('refuses text that cannot be read, and files of others', () => {
    const { world, client } = mobile('auth');
    client.addFile(world.file(SIZE));
    const [info] = client.listFiles();
    if (!info) throw new Error('the file is missing');
    const grant = world.cloud.grant('video', 'talk.mp4');
    const { UploadAuth = '', UploadAddress = '' } = grant;
    const refused = (run: () => void) => expect(run).toThrow(VODClientException);
    refused(() => client.setUploadAuthAndAddress(info, '', UploadAddress));
    refused(() => client.setUploadAuthAndAddress(info, UploadAddress, UploadAuth));
    refused(() => client.setUploadAuthAndAddress({ ...info } as typeof info, UploadAuth, UploadAddress));
    refused(() => client.resumeWithAuth('{}'));
    expect(client.resumeWithAuth(UploadAuth)).toBe(false);
  });
});

describe('the list', () => {
  it('pauses and resumes where it was', async () => {
    const { world, client, events, until } = mobile('sts');
    client.addFile(world.file(LONG));
    client.start();
    await world.clock.advance(85);
    expect(client.pause()).toBe(true);
    expect(client.pause()).toBe(false);
    expect(client.listFiles()[0]?.state).toBe(VODUploadFileStatus.Paused);
    await world.clock.advance(60_000);
    expect(events).toEqual(['started talk.mp4 INIT']);
    expect(client.resume()).toBe(true);
    await until('succeeded');
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
    expect(world.cloud.count('Initiate')).toBe(1);
  });

  it('stops and starts again, with the same upload', async () => {
    const { world, client, until } = mobile('sts');
    client.addFile(world.file(LONG));
    client.start();
    await world.clock.advance(85);
    expect(client.stop()).toBe(true);
    expect(client.getStatus()).toBe('STOPED');
    expect(client.listFiles()[0]?.status).toBe('INIT');
    await world.clock.advance(60_000);
    client.start();
    await until('succeeded');
    expect(world.cloud.count('Initiate')).toBe(1);
    expect(world.cloud.count('CreateUploadVideo')).toBe(1);
  });

  it('goes on with the next file when one is canceled, and resumes that later from what the server has', async () => {
    const { world, client, events, until } = mobile('sts');
    client.addFile(world.file(LONG, 'one.mp4'));
    client.addFile(world.file(LONG, 'two.mp4'));
    client.start();
    await world.clock.advance(85);
    expect(client.cancelFile(0)).toBe(true);
    expect(client.cancelFile(0)).toBe(false);
    await until('succeeded two');
    expect(client.getStatus()).toBe('FINISHED');
    expect(world.cloud.count('Abort')).toBe(0);
    expect(client.resumeFile(0)).toBe(true);
    await until('succeeded one');
    expect(events.at(-1)).toMatch(/^succeeded one/);
    expect(world.cloud.count('Initiate')).toBe(2);
    expect([...world.cloud.acknowledged().values()].every((count) => count === 1)).toBe(true);
  });

  it('removes what the server has of a file that is deleted, or canceled without records', async () => {
    const { world, client, until } = mobile('sts');
    client.addFile(world.file(LONG, 'one.mp4'));
    client.addFile(world.file(LONG, 'two.mp4'));
    client.start();
    await world.clock.advance(85);
    expect(client.deleteFile(0)).toBe(true);
    await until('succeeded two');
    expect(world.cloud.count('Abort')).toBe(1);
    expect(client.listFiles()).toHaveLength(1);

    const other = mobile('sts');
    other.client.setRecordUploadProgressEnabled(false);
    other.client.addFile(other.world.file(LONG));
    other.client.start();
    await other.world.clock.advance(85);
    other.client.cancelFile(0);
    await other.world.clock.advance(5_000);
    expect(other.world.cloud.count('Abort')).toBe(1);
    expect(other.world.device.store.items.size).toBe(0);
  });

  it('is emptied by clearFiles, and can be filled again', async () => {
    const { world, client, events, until } = mobile('sts');
    client.addFile(world.file(LONG, 'one.mp4'));
    client.start();
    await world.clock.advance(85);
    client.clearFiles();
    expect(client.listFiles()).toEqual([]);
    expect(client.getStatus()).toBe('INIT');
    await world.clock.advance(5_000);
    client.addFile(world.file(LONG, 'two.mp4'));
    client.start();
    await until('succeeded');
    expect(events.at(-1)).toMatch(/^succeeded two/);
  });

  it('refuses indexes that are not there and files without a path', () => {
    const { client } = mobile('sts');
    for (const run of [
      () => client.deleteFile(0),
      () => client.cancelFile(-1),
      () => client.resumeFile(3),
      () => client.addFile(''),
      () => client.addFile('a', '', 'b', 'c'),
      () => client.setPartSize(10),
      () => client.addFile('a', {} as never, [] as never, ''),
    ]) {
      expect(run).toThrow(VODClientException);
    }
  });

  it('does not stop for what a callback throws', async () => {
    const { world, client, callback, until } = mobile('sts');
    callback.after = () => {
      throw new Error('of the application');
    };
    client.addFile(world.file(SIZE));
    client.start();
    await until('succeeded').catch(() => undefined);
    await world.clock.advance(60_000);
    expect(client.getStatus()).toBe('FINISHED');
    expect(world.reported.length).toBeGreaterThan(0);
  });
});

describe('a listener of iOS', () => {
  it('hears blocks in the order of the SDK', async () => {
    const world = nativeWorld();
    const client = world.client();
    const listener = new VODUploadListener();
    const heard: string[] = [];
    listener.started = () => heard.push('started');
    listener.success = () => heard.push('success');
    const done = new Promise<void>((resolve) => {
      listener.finish = (info, result) => {
        heard.push(`finish ${result.videoId} ${result.bucket} ${info.percent}`);
        resolve();
      };
    });
    listener.progress = (_info, uploaded, total) => {
      if (uploaded === total && heard.at(-1) !== 'whole') heard.push('whole');
    };
    const { accessKeyId, accessKeySecret, securityToken, expiration: end } = world.cloud.issueToken();
    expect(client.setKeyId(accessKeyId, accessKeySecret, securityToken, end, listener)).toBe(true);
    client.uploadPartSize = 2 * PART;
    client.region = 'cn-hangzhou';
    expect(client.addFile(world.file(SIZE))).toBe(true);
    expect(client.start()).toBe(true);
    expect(client.status).toBe(VODStatus.Started);
    await world.clock.resolve(done);
    expect(heard).toEqual(['started', 'whole', 'success', 'finish video2 media 100']);
    expect(world.cloud.count('UploadPart')).toBe(3);
  });
});

describe('VodInfo', () => {
  it('says what is set and nothing else', () => {
    expect(uploadOptionsOf({ cateId: null, tags: [] }, {})).toEqual(uploadOptionsOf({}, {}));
    expect(uploadOptionsOf({ templateGroupId: 'mine', tags: 'a,b' }, { templateGroupId: 'all' })).toMatchObject({
      templateGroupId: 'mine',
      tags: 'a,b',
    });
    expect(JSON.parse(atob(notificationOf({ cateId: 3, tags: ['a', 'b'], userData: 'x' })))).toEqual({
      Vod: { CateId: '3', IsProcess: 'true', Tags: 'a,b', UserData: 'x' },
    });
  });
});
