import {
  formatBasic,
  formatHttpDate,
  formatIso,
  hex,
  type OssRequest,
  ossV4CanonicalRequest,
  ossV4SigningKey,
  ossV4StringToSign,
  type Pair,
  signOssV1Url,
  signOssV4Header,
  signOssV4Url,
  utf8,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { get, put, type Reply, raw, send, signed, urlPath } from '../oss/testing/client.js';
import { BUCKET, KEY, startPlane, type TestPlane } from '../oss/testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
  await put(plane, 'film.mp4', 'content');
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterAll(() => plane.close());

const host = `${BUCKET}.oss.localhost`;
const refusal = (reply: Reply) => [reply.status, reply.xml('Code')];
const credentials = { accessKeyId: KEY.id, accessKeySecret: KEY.secret };
const request = (query: readonly Pair[] = []): OssRequest => ({
  method: 'GET',
  bucket: BUCKET,
  key: 'film.mp4',
  query,
  headers: new Map(),
});
const fetchUrl = (query: readonly Pair[], headers: Record<string, string> = {}) =>
  raw(plane, { method: 'GET', path: urlPath('film.mp4', query), headers: { host, ...headers } });
const seconds = (offset = 0) => Math.floor(plane.clock.ms / 1000) + offset;
const v1Url = (expires = seconds(60), token?: string) =>
  signOssV1Url(nodeDigests, { ...credentials, securityToken: token }, request(), expires);
const v4Url = (change: { at?: number; expires?: number; token?: string } = {}) =>
  signOssV4Url(
    nodeDigests,
    { ...credentials, securityToken: change.token },
    'cn-hangzhou',
    request(),
    formatBasic(change.at ?? plane.clock.ms),
    change.expires ?? 60,
  );
const without = (query: readonly Pair[], name: string) => query.filter(([n]) => n !== name);
const withValue = (query: readonly Pair[], name: string, value: string): Pair[] => [
  ...without(query, name),
  [name, value],
];

describe('a good signature', () => {
  it.each(['v1', 'v4'] as const)('in the header, %s', async (sign) => {
    const reply = await send(plane, { key: 'film.mp4', sign });
    expect([reply.status, reply.body.toString()]).toEqual([200, 'content']);
  });

  it('in a V1 URL', async () => {
    expect((await fetchUrl(v1Url())).status).toBe(200);
  });

  it('in a V4 URL, of any region', async () => {
    expect((await fetchUrl(v4Url())).status).toBe(200);
  });

  it.each(['v1', 'v4'] as const)('may be used again inside its window, %s', async (sign) => {
    const ask = signed(plane, { key: 'film.mp4', sign });
    expect((await raw(plane, ask)).status).toBe(200);
    expect((await raw(plane, ask)).status).toBe(200);
  });

  it('with a token in each of its places', async () => {
    plane.tokens.set('good', 'ok');
    const token = { 'x-oss-security-token': 'good' };
    expect((await get(plane, 'film.mp4', token)).status).toBe(200);
    expect((await send(plane, { key: 'film.mp4', sign: 'v4', headers: token })).status).toBe(200);
    expect((await fetchUrl(v1Url(seconds(60), 'good'))).status).toBe(200);
    expect((await fetchUrl(v4Url({ token: 'good' }))).status).toBe(200);
  });

  it('of a query with blanks, be they %20 or +, and with a plus', async () => {
    const disposition = 'attachment; filename="a+b.mp4"';
    const query = [['response-content-disposition', disposition]] as const;
    const at = formatBasic(plane.clock.ms);
    for (const url of [
      signOssV1Url(nodeDigests, credentials, request(query), seconds(60)),
      signOssV4Url(nodeDigests, credentials, 'cn-hangzhou', request(query), at, 60),
    ]) {
      const path = urlPath('film.mp4', url);
      expect(path).toContain('%20filename%3D%22a%2Bb');
      for (const written of [path, path.replaceAll('%20', '+')]) {
        const reply = await raw(plane, { method: 'GET', path: written, headers: { host } });
        expect([reply.status, reply.headers['content-disposition']]).toEqual([200, disposition]);
      }
    }
  });

  it('in a V1 URL whose plus was not encoded', async () => {
    let later = 60;
    const url = () => urlPath('film.mp4', v1Url(seconds(later)));
    while (!url().includes('%2B')) later++;
    const reply = await raw(plane, { method: 'GET', path: url().replaceAll('%2B', '+'), headers: { host } });
    expect(reply.status).toBe(200);
  });

  it('V1 of a request with Date and no x-oss-date', async () => {
    const date = formatHttpDate(plane.clock.ms);
    const { signOssV1Header } = await import('@sluice/wire');
    const headers = new Map([['date', date]]);
    const authorization = signOssV1Header(nodeDigests, KEY.id, KEY.secret, { ...request(), headers });
    const reply = await raw(plane, { method: 'GET', path: '/film.mp4', headers: { host, date, authorization } });
    expect(reply.status).toBe(200);
  });
});

describe('V4', () => {
  const query: Pair[] = [
    ['objectMeta', ''],
    ['empty', ''],
  ];
  it.each(['bare', 'sub-resources-bare', 'equals'] as const)('with empty values signed as %s', async (form) => {
    const headers = { 'x-oss-date': formatBasic(plane.clock.ms), 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' };
    const ask: OssRequest = { ...request(query), method: 'HEAD', headers: new Map(Object.entries(headers)) };
    const scope = { date: headers['x-oss-date'].slice(0, 8), region: 'r' };
    const key = ossV4SigningKey(nodeDigests, KEY.secret, scope);
    const text = ossV4StringToSign(nodeDigests, scope, headers['x-oss-date'], ossV4CanonicalRequest(ask, [], form));
    const signature = hex(nodeDigests.hmacSha256(key, utf8(text)));
    const authorization = `OSS4-HMAC-SHA256 Credential=${KEY.id}/${scope.date}/r/oss/aliyun_v4_request,Signature=${signature}`;
    const path = urlPath('film.mp4', query);
    expect((await raw(plane, { method: 'HEAD', path, headers: { host, ...headers, authorization } })).status).toBe(200);
  });

  it('signs headers that it names, and they must be there', async () => {
    const headers = new Map([
      ['x-oss-date', formatBasic(plane.clock.ms)],
      ['x-oss-content-sha256', 'UNSIGNED-PAYLOAD'],
      ['host', host],
      ['range', 'bytes=0-1'],
    ]);
    const ask = { ...request(), headers };
    const authorization = signOssV4Header(nodeDigests, KEY.id, KEY.secret, 'r', ask, ['host', 'range']);
    const sent = { ...Object.fromEntries(headers), authorization };
    const get = (change: object) => raw(plane, { method: 'GET', path: '/film.mp4', headers: { ...sent, ...change } });
    expect((await get({})).status).toBe(206);
    expect(refusal(await get({ range: 'bytes=0-2' }))).toEqual([403, 'SignatureDoesNotMatch']);
    const without = Object.fromEntries(Object.entries(sent).filter(([name]) => name !== 'range'));
    const missing = await raw(plane, { method: 'GET', path: '/film.mp4', headers: without });
    expect(refusal(missing)).toEqual([403, 'SignatureDoesNotMatch']);
  });
});

describe('V4 dated by the Date header alone, as the SDK for Go 1.x and ossutil 1.x sign', () => {
  const dated = (at: number, day = formatBasic(at).slice(0, 8), sent = formatHttpDate(at)) => {
    const scope = { date: day, region: 'cn-local' };
    const key = ossV4SigningKey(nodeDigests, KEY.secret, scope);
    const text = ossV4StringToSign(nodeDigests, scope, formatHttpDate(at), ossV4CanonicalRequest(request(), []));
    const signature = hex(nodeDigests.hmacSha256(key, utf8(text)));
    const credential = `${KEY.id}/${day}/cn-local/oss/aliyun_v4_request`;
    const authorization = `OSS4-HMAC-SHA256 Credential=${credential},Signature=${signature}`;
    return raw(plane, { method: 'GET', path: '/film.mp4', headers: { host, date: sent, authorization } });
  };

  it('is one like any other', async () => {
    const reply = await dated(plane.clock.ms);
    expect([reply.status, reply.body.toString()]).toEqual([200, 'content']);
  });

  it('is of its date, of the day of its scope, and of now', async () => {
    const { ms } = plane.clock;
    const later = await dated(ms, undefined, formatHttpDate(ms + 1000));
    expect(refusal(later)).toEqual([403, 'SignatureDoesNotMatch']);
    expect(refusal(await dated(ms, '20200101'))).toEqual([400, 'InvalidArgument']);
    expect(refusal(await dated(ms - 16 * 60_000))).toEqual([403, 'RequestTimeTooSkewed']);
    expect(refusal(await dated(ms, undefined, 'now'))).toEqual([400, 'InvalidArgument']);
  });
});

describe('a signature that does not match', () => {
  it('is shown what was signed, and never the secret', async () => {
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, { key: 'film.mp4', sign, secret: 'guess' });
      expect(refusal(reply)).toEqual([403, 'SignatureDoesNotMatch']);
      expect([reply.xml('EC'), reply.xml('OSSAccessKeyId')]).toEqual(['0002-00000040', 'ak']);
      expect(reply.xml('SignatureProvided')).toBeTruthy();
      const text = reply.xml('StringToSign') ?? '';
      expect(text).toContain(sign === 'v1' ? `/${BUCKET}/film.mp4` : 'OSS4-HMAC-SHA256');
      expect(reply.xml('StringToSignBytes')?.split(' ').length).toBe(Buffer.byteLength(text));
      expect(reply.xml('CanonicalRequest') !== undefined).toBe(sign === 'v4');
      expect(reply.body.toString()).not.toMatch(/\bsk\b/);
    }
  });

  it.each(['v1', 'v4'] as const)('because a signed part was changed, %s', async (sign) => {
    const ask = signed(plane, { key: 'film.mp4', sign, headers: { 'x-oss-meta-a': '1' } });
    const changed = [
      { ...ask, method: 'DELETE' },
      { ...ask, path: '/film.mp5' },
      { ...ask, path: `${ask.path}?response-content-type=text/html` },
      { ...ask, headers: { ...ask.headers, 'x-oss-meta-a': '2' } },
      { ...ask, headers: { ...ask.headers, 'x-oss-meta-b': '1' } },
      { ...ask, headers: { ...ask.headers, 'content-type': 'text/html' } },
      { ...ask, headers: { ...ask.headers, 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } },
    ];
    for (const one of changed) expect(refusal(await raw(plane, one))).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('in a URL', async () => {
    const v1 = await fetchUrl(withValue(v1Url(), 'Expires', String(seconds(61))));
    expect(refusal(v1)).toEqual([403, 'SignatureDoesNotMatch']);
    const v4 = await fetchUrl(withValue(v4Url(), 'x-oss-expires', '61'));
    expect(refusal(v4)).toEqual([403, 'SignatureDoesNotMatch']);
  });
});

describe('credentials', () => {
  it.each([
    ['nobody', undefined, 'InvalidAccessKeyId', undefined],
    ['disabled', undefined, 'InvalidAccessKeyId', undefined],
    ['STS.x', undefined, 'InvalidAccessKeyId', undefined],
    ['ak', 'expired-token', 'SecurityTokenExpired', '0002-00000007'],
    ['ak', 'malformed-token', 'InvalidSecurityToken', '0002-00000006'],
    ['ak', 'mismatched-token', 'AccessKeyIdAndSecurityTokenNotMatch', undefined],
    ['ak', 'revoked-token', 'InvalidSecurityToken', '0002-00000006'],
  ] as const)('%s with token %s is %s', async (accessKeyId, failure, code, ec) => {
    if (failure) plane.tokens.set(failure, failure);
    const headers: Record<string, string> = failure ? { 'x-oss-security-token': failure } : {};
    for (const sign of ['v1', 'v4'] as const) {
      const reply = await send(plane, { key: 'film.mp4', accessKeyId, headers, sign });
      expect([...refusal(reply), reply.xml('EC')]).toEqual([403, code, ec]);
      expect(reply.headers['x-oss-ec']).toBe(ec);
    }
  });
});

describe('the clock', () => {
  it.each(['v1', 'v4'] as const)('may be 15 minutes off, not 20, %s', async (sign) => {
    for (const off of [-14, 14]) {
      expect((await send(plane, { key: 'film.mp4', sign, at: plane.clock.ms + off * 60_000 })).status).toBe(200);
    }
    for (const off of [-20, 20]) {
      const reply = await send(plane, { key: 'film.mp4', sign, at: plane.clock.ms + off * 60_000 });
      expect(refusal(reply)).toEqual([403, 'RequestTimeTooSkewed']);
      expect(reply.xml('MaxAllowedSkewMilliseconds')).toBe('900000');
      expect(Date.parse(reply.xml('ServerTime') ?? '')).toBe(plane.clock.ms);
      expect(Date.parse(reply.xml('RequestTime') ?? '') / 1000).toBe(Math.floor(plane.clock.ms / 1000) + off * 60);
    }
  });

  it('ends a signed URL', async () => {
    const [v1, v4] = [v1Url(), v4Url()];
    plane.clock.ms += 61_000;
    for (const url of [v1, v4]) {
      const reply = await fetchUrl(url);
      expect([...refusal(reply), reply.xml('Message')]).toEqual([403, 'AccessDenied', 'Request has expired.']);
    }
  });

  it('keeps a V4 URL of the far future closed', async () => {
    const reply = await fetchUrl(v4Url({ at: plane.clock.ms + 20 * 60_000 }));
    expect([...refusal(reply), reply.xml('EC')]).toEqual([403, 'AccessDenied', '0002-00000235']);
  });

  it('has to be told', async () => {
    const ask = signed(plane, { key: 'film.mp4' });
    const { 'x-oss-date': _, ...headers } = ask.headers;
    expect(refusal(await raw(plane, { ...ask, headers }))).toEqual([400, 'InvalidArgument']);
    const nonsense = await raw(plane, { ...ask, headers: { ...headers, 'x-oss-date': 'yesterday' } });
    expect(refusal(nonsense)).toEqual([400, 'InvalidArgument']);
  });
});

describe('a malformed signature is 400 InvalidArgument', () => {
  const scope = '20260101/cn-hangzhou/oss/aliyun_v4_request';
  const hex = 'a'.repeat(64);
  it.each([
    ['Basic dTpw', undefined],
    ['OSS ak', undefined],
    ['OSS ak:short', undefined],
    ['OSS4-HMAC-SHA256', '0002-00000206'],
    [`OSS4-HMAC-SHA256 Credential=ak/2026/x/oss/aliyun_v4_request,Signature=${hex}`, '0002-00000206'],
    [`OSS4-HMAC-SHA256 Credential=ak/${scope},AdditionalHeaders=,Signature=${hex}`, '0002-00000209'],
    [`OSS4-HMAC-SHA256 Credential=ak/${scope},Signature=xyz`, '0002-00000219'],
  ])('Authorization: %s', async (authorization, ec) => {
    const reply = await raw(plane, { method: 'GET', path: '/film.mp4', headers: { host, authorization } });
    expect([...refusal(reply), reply.xml('EC')]).toEqual([400, 'InvalidArgument', ec]);
  });

  it.each([
    ['x-oss-expires', '0', '0002-00000232'],
    ['x-oss-expires', '604801', '0002-00000232'],
    ['x-oss-expires', 'x', '0002-00000232'],
    ['x-oss-credential', 'ak', '0002-00000213'],
    ['x-oss-date', 'x', '0002-00000505'],
    ['x-oss-date', '20260230T000000Z', undefined],
    ['x-oss-signature', 'x', '0002-00000219'],
    ['x-oss-additional-headers', '', '0002-00000210'],
    ['x-oss-signature-version', 'OSS3', undefined],
  ])('V4 URL with %s=%s', async (name, value, ec) => {
    const reply = await fetchUrl(withValue(v4Url(), name, value));
    expect([...refusal(reply), reply.xml('EC')]).toEqual([400, 'InvalidArgument', ec]);
  });

  it('but V2 is not implemented', async () => {
    const authorization = `OSS2 AccessKeyId:ak,Signature:${'A'.repeat(43)}=`;
    const inHeader = await raw(plane, { method: 'GET', path: '/film.mp4', headers: { host, authorization } });
    expect(refusal(inHeader)).toEqual([400, 'NotImplemented']);
    expect(refusal(await fetchUrl(withValue(v4Url(), 'x-oss-signature-version', 'OSS2')))).toEqual([
      400,
      'NotImplemented',
    ]);
  });

  it('a signed payload', async () => {
    const headers = { 'x-oss-content-sha256': hex };
    const reply = await send(plane, { key: 'film.mp4', sign: 'v4', headers });
    expect([...refusal(reply), reply.xml('EC')]).toEqual([400, 'InvalidArgument', '0002-00000214']);
  });

  it('a date of another day than the scope', async () => {
    const ask = signed(plane, { key: 'film.mp4', sign: 'v4' });
    const headers = { ...ask.headers, 'x-oss-date': formatBasic(plane.clock.ms - 86_400_000) };
    expect(refusal(await raw(plane, { ...ask, headers }))).toEqual([400, 'InvalidArgument']);
  });
});

describe('an incomplete V1 URL is 403 AccessDenied', () => {
  it.each(['OSSAccessKeyId', 'Expires', 'Signature'])('without %s', async (name) => {
    const reply = await fetchUrl(without(v1Url(), name));
    expect([...refusal(reply), reply.xml('EC')]).toEqual([403, 'AccessDenied', '0002-00000067']);
  });

  it('with an Expires that is no number', async () => {
    const reply = await fetchUrl(withValue(v1Url(), 'Expires', 'soon'));
    expect([...refusal(reply), reply.xml('EC')]).toEqual([403, 'AccessDenied', '0002-00000070']);
  });
});

describe('what comes twice is 400 InvalidArgument', () => {
  it('a signature in header and URL', async () => {
    const ask = signed(plane, { key: 'film.mp4' });
    for (const url of [v1Url(), v4Url()]) {
      const reply = await fetchUrl(url, { authorization: String(ask.headers.authorization) });
      expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    }
    expect(refusal(await fetchUrl([...v1Url(), ...v4Url()]))).toEqual([400, 'InvalidArgument']);
  });

  it('a token in header and query', async () => {
    plane.tokens.set('good', 'ok');
    const reply = await fetchUrl(v1Url(seconds(60), 'good'), { 'x-oss-security-token': 'good' });
    expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    const both = await fetchUrl([...v1Url(seconds(60), 'good'), ['x-oss-security-token', 'good']]);
    expect(refusal(both)).toEqual([400, 'InvalidArgument']);
  });

  it.each(['Signature', 'Expires', 'OSSAccessKeyId', 'uploadId', 'response-content-type', 'x-oss-process'])(
    'the parameter %s',
    async (name) => {
      const reply = await fetchUrl([
        [name, 'a'],
        [name, 'a'],
      ]);
      expect(refusal(reply)).toEqual([400, 'InvalidArgument']);
    },
  );

  it.each(['x-oss-date', 'x-oss-meta-a', 'x-oss-security-token'])('the header %s', async (name) => {
    const ask = signed(plane, { key: 'film.mp4' });
    const headers = { ...ask.headers, [name]: ['a', 'b'] };
    expect(refusal(await raw(plane, { ...ask, headers }))).toEqual([400, 'InvalidArgument']);
  });
});

describe('without a signature', () => {
  const anonymousGet = (method = 'GET', query: readonly Pair[] = []) =>
    raw(plane, { method, path: urlPath('film.mp4', query), headers: { host } });

  it('a private bucket is closed', async () => {
    const reply = await anonymousGet();
    expect(refusal(reply)).toEqual([403, 'AccessDenied']);
    expect(reply.xml('Message')).toBe('You have no right to access this object because of bucket acl.');
    expect(reply.xml('EC')).toBe('0003-00000001');
  });

  it('a public bucket lets everybody read, and nobody write', async () => {
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
    expect((await anonymousGet()).body.toString()).toBe('content');
    expect((await anonymousGet('HEAD')).status).toBe(200);
    expect((await anonymousGet('DELETE')).status).toBe(403);
    const override = await anonymousGet('GET', [['response-content-type', 'text/html']]);
    expect(refusal(override)).toEqual([400, 'InvalidRequest']);
    const put = await raw(plane, { method: 'PUT', path: '/new', headers: { host }, body: 'x' });
    expect(put.status).toBe(403);
    await plane.db.updateTable('buckets').set({ acl: 'private' }).execute();
  });
});

describe('permission', () => {
  const verdicts = { identity: { outcome: 'ImplicitDeny' } } as const;

  it('is asked with the action and resource of the operation, and its context', async () => {
    const cases: [string, string | undefined, string][] = [
      ['PUT', undefined, 'oss:PutObject'],
      ['GET', undefined, 'oss:GetObject'],
      ['HEAD', undefined, 'oss:GetObject'],
      ['DELETE', undefined, 'oss:DeleteObject'],
      ['POST', 'uploads', 'oss:PutObject'],
      ['POST', 'uploadId', 'oss:PutObject'],
      ['DELETE', 'uploadId', 'oss:AbortMultipartUpload'],
      ['GET', 'uploadId', 'oss:ListParts'],
    ];
    for (const [method, parameter, action] of cases) {
      const query: Pair[] = parameter ? [[parameter, '']] : [];
      await send(plane, { method, key: 'some/key', query, ...(/^P/.test(method) ? { body: 'x' } : {}) });
      expect(plane.questions.at(-1)).toEqual({
        action,
        resource: `acs:oss:*:1234567890123456:${BUCKET}/some/key`,
        context: {
          'acs:CurrentTime': formatIso(plane.clock.ms),
          'acs:SourceIp': '127.0.0.1',
          'acs:SecureTransport': 'false',
        },
      });
    }
  });

  it('refused by the session policy says so', async () => {
    const decide = plane.decide;
    plane.decide = async () => ({ allowed: false, policyType: 'SessionPolicy', verdicts });
    expect((await get(plane, 'film.mp4')).xml('Message')).toBe('Access denied by authorizer&apos;s policy.');
    plane.decide = async () => ({ allowed: false, policyType: 'AccountLevelIdentityBasedPolicy', verdicts });
    const reply = await get(plane, 'film.mp4');
    expect([...refusal(reply), reply.xml('EC')]).toEqual([403, 'AccessDenied', '0003-00000001']);
    plane.decide = decide;
  });

  it('explicitly denied is denied in a public bucket too', async () => {
    const decide = plane.decide;
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).execute();
    plane.decide = async () => ({ allowed: false, noPermissionType: 'ImplicitDeny', verdicts });
    expect((await get(plane, 'film.mp4')).status).toBe(200);
    plane.decide = async () => ({ allowed: false, noPermissionType: 'ExplicitDeny', verdicts });
    expect((await get(plane, 'film.mp4')).status).toBe(403);
    plane.decide = decide;
    await plane.db.updateTable('buckets').set({ acl: 'private' }).execute();
  });

  it('is never asked for a principal of another account', async () => {
    const principal = plane.principal;
    plane.principal = { kind: 'account', accountId: '999' };
    const before = plane.questions.length;
    expect((await get(plane, 'film.mp4')).status).toBe(403);
    expect(plane.questions.length).toBe(before);
    plane.principal = principal;
  });
});

describe('the log', () => {
  it('has one line a request, with who and what, and neither token nor signature', async () => {
    plane.tokens.set('good-token', 'ok');
    const before = plane.log.length;
    const reply = await get(plane, 'film.mp4', { 'x-oss-security-token': 'good-token' });
    const requests = () => plane.log.slice(before).filter(({ message }) => message === 'request');
    // The line follows the answer.
    await vi.waitFor(() => expect(requests()).not.toHaveLength(0));
    const lines = requests();
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      plane: 'oss',
      operation: 'GetObject',
      bucket: BUCKET,
      key: 'film.mp4',
      status: 200,
      bytes: 7,
      requestId: reply.headers['x-oss-request-id'],
      principal: 'user/alice',
    });
    await send(plane, { key: 'film.mp4', secret: 'x', headers: { 'x-oss-security-token': 'good-token' } });
    expect(JSON.stringify(plane.log)).not.toMatch(/good-token|OSS ak|"sk"/);
  });
});
