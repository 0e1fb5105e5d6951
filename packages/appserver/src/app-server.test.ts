import { describe, expect, test, vi } from 'vitest';
import { type AppServerOptions, createAppServer } from './app-server.js';
import { START } from './testing/scripted.js';
import type { UploadBroker } from './upload-broker.js';
import { StsError, VodError } from './upstream-error.js';

const TOKEN = {
  accessKeyId: 'STS.1',
  accessKeySecret: 'temporary',
  securityToken: 'token',
  expiration: '2026-01-01T01:00:00.500Z',
  issuedAt: START,
};
const GRANT = { RequestId: 'R', VideoId: 'v1', UploadAddress: 'a', UploadAuth: 'b' };
const HOST = 'app.example.com';

function setUp(options: Partial<AppServerOptions> = {}) {
  const broker = {
    create: vi.fn<UploadBroker['create']>(async () => GRANT),
    createImage: vi.fn<UploadBroker['createImage']>(async () => ({ ...GRANT, ImageId: 'i1' })),
    refresh: vi.fn<UploadBroker['refresh']>(async () => GRANT),
  };
  const token = vi.fn(async (_user: string) => TOKEN);
  const onError = vi.fn();
  const handle = createAppServer({
    vendor: { token },
    broker,
    identify: (request) => request.headers.get('x-user') ?? undefined,
    clock: () => START,
    onError,
    ...options,
  });
  const send = (path: string, init: RequestInit = {}) => {
    const headers = new Headers({ host: HOST, 'x-user': 'alice', ...(init.headers as Record<string, string>) });
    return handle(new Request(`http://${HOST}${path}`, { ...init, headers }));
  };
  const post = (path: string, body: unknown, headers = {}) =>
    send(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  return { broker, token, onError, send, post };
}

async function expectError(answer: Response, status: number, code: string): Promise<void> {
  expect({ status: answer.status, body: await answer.clone().json() }).toMatchObject({ status, body: { Code: code } });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('content-type')).toBe('application/json;charset=utf-8');
}

describe('GET and POST /token', () => {
  test.each(['GET', 'POST'])(
    '%s gives the flat credentials, without milliseconds, not to be stored',
    async (method) => {
      const { send, token } = setUp();
      const answer = await send('/api/media/token?x=1', { method });
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({
        Code: 'Success',
        AccessKeyId: 'STS.1',
        AccessKeySecret: 'temporary',
        SecurityToken: 'token',
        Expiration: '2026-01-01T01:00:00Z',
        ServerTime: '2026-01-01T00:00:00Z',
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(token).toHaveBeenCalledExactlyOnceWith('alice');
    },
  );

  test.each([undefined, null, ''])('401 for %j as user', async (user) => {
    const { send, token } = setUp({ identify: async () => user });
    await expectError(await send('/token'), 401, 'Unauthenticated');
    expect(token).not.toHaveBeenCalled();
  });

  test('405 with Allow for other methods', async () => {
    const answer = await setUp().send('/token', { method: 'DELETE' });
    await expectError(answer, 405, 'MethodNotAllowed');
    expect(answer.headers.get('allow')).toBe('GET, POST, OPTIONS');
  });

  test('404 elsewhere, and for uploads without a broker', async () => {
    await expectError(await setUp().send('/tokens'), 404, 'NotFound');
    await expectError(await setUp().send('/mytoken'), 404, 'NotFound');
    await expectError(await setUp({ broker: undefined }).post('/upload/create', {}), 404, 'NotFound');
  });

  test('429 with Retry-After beyond the limit, for that user only', async () => {
    const { send } = setUp({ rateLimit: { perUser: 2, perSeconds: 60 } });
    await send('/token');
    await send('/token');
    const answer = await send('/token');
    await expectError(answer, 429, 'TooManyRequests');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(59);
    expect((await send('/token', { headers: { 'x-user': 'bob' } })).status).toBe(200);
  });

  test('a limit that says how many, and not how long, is one of 10 seconds', async () => {
    const { send } = setUp({ rateLimit: { perUser: 1 } });
    expect((await send('/token')).status).toBe(200);
    expect(Number((await send('/token')).headers.get('retry-after'))).toBeGreaterThanOrEqual(9);
  });

  test('500 without a word about the reason when the login breaks', async () => {
    const failure = new Error('password of the database');
    const { send, onError } = setUp({ identify: () => Promise.reject(failure) });
    const answer = await send('/token');
    await expectError(answer, 500, 'InternalError');
    expect(await answer.text()).not.toContain('password');
    expect(onError).toHaveBeenCalledExactlyOnceWith(failure, expect.any(Request));
  });
});

describe('identify', () => {
  // As JSON both are {}: their users would share a token and a folder.
  test.each([new Map([['id', 1]]), new Set([2]), 42])('%o is no name of a user', async (record) => {
    const { send, token, onError } = setUp({ identify: () => record as unknown as string });
    await expectError(await send('/token'), 500, 'InternalError');
    expect(token).not.toHaveBeenCalled();
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ message: expect.stringContaining('identify()') });
  });
});

describe('when STS or VOD fails', () => {
  const sts = (code: string, status: number, retryAfterMs?: number) =>
    new StsError({ code, status, message: 'role acs:ram::100:role/x', requestId: 'Q', retryAfterMs });

  test.each([
    [sts('NoPermission', 403), 502, null],
    [sts('EntityNotExist.Role', 404), 502, null],
    [sts('InvalidAnswer', 200), 502, null],
    [sts('Throttling.User', 400, 2_500), 503, '3'],
    [sts('InternalError', 500), 503, '1'],
    [sts('NetworkError', 0), 503, '1'],
  ])('%s: %i, Retry-After %s, and no details', async (error, status, retryAfter) => {
    const { send, onError } = setUp({ vendor: { token: () => Promise.reject(error) } });
    const answer = await send('/token');
    await expectError(answer, status, error.code);
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    expect(await answer.json()).toMatchObject({ RequestId: 'Q', Message: expect.not.stringContaining('role/x') });
    expect(onError).toHaveBeenCalledOnce();
  });

  test.each([
    ['InvalidFileName.Extension', 400, 400],
    ['Forbidden', 403, 403],
    ['InvalidVideo.NotFound', 404, 404],
    ['InvalidSecurityToken.Expired', 400, 502],
    ['SignatureDoesNotMatch', 400, 502],
    ['AddVideoFailed', 503, 503],
  ])('VOD’s %s %i becomes %i', async (code, status, expected) => {
    const { post, broker } = setUp();
    broker.refresh.mockRejectedValue(new VodError({ code, status, message: 'why' }));
    const answer = await post('/upload/refresh', { videoId: 'v' });
    await expectError(answer, expected, code);
    // The code stands beside it, not in front of it as well.
    if (expected === status && status < 500) expect(await answer.json()).toMatchObject({ Message: 'why' });
  });
});

describe('origins', () => {
  const allowedOrigins = ['https://ok.example.com/', 'https://two.example.com:8443'];

  test('an allowed one is echoed, never *', async () => {
    const answer = await setUp({ allowedOrigins }).send('/token', { headers: { origin: 'https://ok.example.com' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://ok.example.com');
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  test('errors can be read by an allowed one too', async () => {
    const answer = await setUp({ allowedOrigins, identify: () => undefined }).send('/token', {
      headers: { origin: 'https://ok.example.com' },
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://ok.example.com');
  });

  test.each([
    'https://evil.example.com',
    'https://ok.example.com.evil.com',
    'http://ok.example.com',
    'https://two.example.com',
    `https://${HOST}.evil.com`,
    `http://${HOST}:8080`,
    'null',
    '',
    'garbage',
  ])('403 for %j', async (origin) => {
    const { send, token } = setUp({ allowedOrigins });
    const answer = await send('/token', { headers: { origin } });
    await expectError(answer, 403, 'OriginNotAllowed');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(token).not.toHaveBeenCalled();
  });

  test.each([`http://${HOST}`, `https://${HOST}`])('same origin %s needs no list', async (origin) => {
    const answer = await setUp().send('/token', { headers: { origin } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test.each(['cross-site', 'same-site'])('403 for a %s GET that sends no Origin', async (site) => {
    await expectError(await setUp().send('/token', { headers: { 'sec-fetch-site': site } }), 403, 'OriginNotAllowed');
  });

  test.each(['same-origin', 'none'])('a %s GET passes', async (site) => {
    expect((await setUp().send('/token', { headers: { 'sec-fetch-site': site } })).status).toBe(200);
  });

  test('a preflight of an allowed one is answered before anybody logs in', async () => {
    const { send, token } = setUp({ allowedOrigins, identify: () => undefined });
    const answer = await send('/upload/create', { method: 'OPTIONS', headers: { origin: 'https://ok.example.com' } });
    expect(answer.status).toBe(204);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'access-control-allow-origin': 'https://ok.example.com',
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'Authorization, Content-Type',
      vary: 'Origin',
    });
    expect(token).not.toHaveBeenCalled();
  });

  test('a preflight of another is refused', async () => {
    const headers = { origin: 'https://evil.example.com' };
    await expectError(await setUp().send('/token', { method: 'OPTIONS', headers }), 403, 'OriginNotAllowed');
  });

  test.each([
    ['https://A.Example.com:443', 'https://a.example.com'],
    ['http://[::1]:3000/', 'http://[::1]:3000'],
    ['capacitor://localhost', 'capacitor://localhost'],
  ])('%s is %s', async (allowed, origin) => {
    const answer = await setUp({ allowedOrigins: [allowed] }).send('/token', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  });

  test.each(['app.example.com', 'localhost:8080', 'https://app.example.com/page', 'https://u@app.example.com', ''])(
    '"%s" would match nothing, and is refused',
    (origin) => {
      expect(() => setUp({ allowedOrigins: [origin] })).toThrow(`"${origin}" is no origin`);
    },
  );

  test.each(['*', 'null'])('%s cannot be allowed', (origin) => {
    expect(() => setUp({ allowedOrigins: [origin] })).toThrow(TypeError);
  });
});

describe('hosts', () => {
  test.each([
    [['app.example.com'], 'app.example.com', 200],
    [['app.example.com'], 'APP.example.com:8080', 200],
    [['app.example.com:8080'], 'app.example.com:8080', 200],
    [['app.example.com:8080'], 'app.example.com', 421],
    [['[::1]'], '[::1]:8080', 200],
    [['::1'], '[::1]:8080', 200],
    // As browsers write the address of a page over https, or over http.
    [['app.example.com:443'], 'app.example.com', 200],
    [['app.example.com:80'], 'app.example.com', 200],
    [['app.example.com:443'], 'app.example.com:8443', 421],
    [['App.Example.com'], 'app.example.com', 200],
    [['app.example.com'], 'rebound.evil.com', 421],
    [[], 'app.example.com', 421],
  ])('allowed %j, asked as %s: %i', async (allowedHosts, host, status) => {
    expect((await setUp({ allowedHosts }).send('/token', { headers: { host } })).status).toBe(status);
  });

  test.each(['https://app.example.com', 'app.example.com/', '*.example.com', 'a b', ''])(
    '"%s" would match nothing, and is refused',
    (host) => {
      expect(() => setUp({ allowedHosts: [host] })).toThrow(`"${host}" is no host`);
    },
  );
});

describe('options that could serve nobody', () => {
  test.each<[string, Partial<Record<keyof AppServerOptions, unknown>>]>([
    ['vendor', { vendor: undefined }],
    ['vendor', { vendor: async () => TOKEN }],
    ['identify', { identify: undefined }],
    ['rateLimit.perUser', { rateLimit: { perUser: 0 } }],
    ['rateLimit.perUser', { rateLimit: { perUser: Number.NaN } }],
    ['rateLimit.perSeconds', { rateLimit: { perSeconds: 0 } }],
    ['rateLimit.perSeconds', { rateLimit: { perUser: 5, perSeconds: undefined } }],
  ])('%s: %j', (name, options) => {
    expect(() => setUp(options as Partial<AppServerOptions>)).toThrow(name);
  });
});

describe('POST /upload/create', () => {
  test('creates a video of what the client may say about its file, and nothing else', async () => {
    const { post, broker } = setUp();
    const answer = await post('/upload/create', {
      kind: 'video',
      fileName: 'a.mp4',
      fileSize: 7,
      tags: 'x,y',
      coverUrl: '',
      cateId: null,
      userData: { Extend: { k: 1 } },
      workflowId: 'w',
      storageLocation: 's',
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(GRANT);
    expect(broker.create).toHaveBeenCalledExactlyOnceWith('alice', {
      fileName: 'a.mp4',
      title: 'a.mp4',
      fileSize: 7,
      tags: ['x', 'y'],
      userData: { Extend: { k: 1 } },
    });
  });

  test.each([
    ['🎉 party.mp4', 'party.mp4'],
    [`${'x'.repeat(200)}.mp4`, 'x'.repeat(128)],
    ['C:\\films\\a\tb.mp4', 'ab.mp4'],
    ['/var/mobile/IMG_1.MOV', 'IMG_1.MOV'],
    ['用户.mp4', '用户.mp4'],
    ['films/', 'untitled'],
  ])('a video of the file %j that has no title gets one that VOD takes', async (fileName, title) => {
    const { post, broker } = setUp();
    expect((await post('/upload/create', { kind: 'video', fileName })).status).toBe(200);
    expect(broker.create).toHaveBeenCalledExactlyOnceWith('alice', { fileName, title });
  });

  test.each(['jpg', 'heic'])('creates an image (%s)', async (imageExt) => {
    const { post, broker } = setUp();
    const answer = await post('/upload/create', { kind: 'image', fileName: `a.${imageExt}`, imageExt, title: 't' });
    expect(await answer.json()).toMatchObject({ ImageId: 'i1' });
    expect(broker.createImage).toHaveBeenCalledExactlyOnceWith('alice', {
      originalFileName: `a.${imageExt}`,
      imageExt,
      title: 't',
    });
  });

  test.each<[string, unknown]>([
    ['kind', { fileName: 'a.mp4' }],
    ['kind', { kind: 'audio' }],
    ['fileName', { kind: 'video', title: 't' }],
    ['title', { kind: 'video', fileName: 'a', title: 1 }],
    ['fileSize', { kind: 'video', fileName: 'a', fileSize: -1 }],
    ['fileSize', { kind: 'video', fileName: 'a', fileSize: '7' }],
    ['tags', { kind: 'video', fileName: 'a', tags: [1] }],
    ['tags', { kind: 'video', fileName: 'a', tags: ['a,b'] }],
    ['imageExt', { kind: 'image', imageExt: 'svg' }],
    ['userData', { kind: 'video', fileName: 'a', userData: { MessageCallback: { CallbackURL: 'http://10.0.0.1/' } } }],
    ['userData', { kind: 'video', fileName: 'a', userData: '{"MessageCallback":{}}' }],
    ['userData', { kind: 'video', fileName: 'a', userData: { Extend: 'x'.repeat(4100) } }],
    // The text can be read, and cannot be written again: that was a 500.
    ['userData', `{"kind":"video","fileName":"a","userData":{"Extend":${'['.repeat(8000)}${']'.repeat(8000)}}}`],
  ])('400 that names %s', async (name, body) => {
    const { post, broker } = setUp();
    const answer = await post('/upload/create', body);
    await expectError(answer, 400, 'InvalidParameter');
    expect(await answer.json()).toMatchObject({ Message: expect.stringContaining(`"${name}"`) });
    expect(broker.create).not.toHaveBeenCalled();
  });

  test.each(['', '{', '[]', 'null', '"x"'])('400 for the body %j', async (body) => {
    await expectError(await setUp().post('/upload/create', body), 400, 'InvalidJson');
  });

  test('400 for bytes that are no UTF-8', async () => {
    const body = new Uint8Array([0x7b, 0xff, 0x7d]);
    await expectError(await setUp().send('/upload/create', { method: 'POST', body }), 400, 'InvalidJson');
  });

  test('16 KiB pass, a byte more is 413', async () => {
    const body = (length: number) => {
      const empty = JSON.stringify({ kind: 'video', fileName: 'a', pad: '' });
      return empty.replace('"pad":""', `"pad":"${'x'.repeat(length - empty.length)}"`);
    };
    const { post } = setUp();
    expect((await post('/upload/create', body(16_384))).status).toBe(200);
    await expectError(await post('/upload/create', body(16_385)), 413, 'BodyTooLarge');
  });

  test('405 for GET', async () => {
    const answer = await setUp().send('/upload/create');
    await expectError(answer, 405, 'MethodNotAllowed');
    expect(answer.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

describe('POST /upload/refresh', () => {
  test('refreshes', async () => {
    const { post, broker } = setUp();
    expect(await (await post('/x/upload/refresh', { videoId: 'v1' })).json()).toEqual(GRANT);
    expect(broker.refresh).toHaveBeenCalledExactlyOnceWith('alice', 'v1');
  });

  test('400 without videoId', async () => {
    await expectError(await setUp().post('/upload/refresh', {}), 400, 'InvalidParameter');
  });
});
