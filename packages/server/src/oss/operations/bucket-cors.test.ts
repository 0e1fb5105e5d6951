import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get, put, raw, send } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane({ addressing: { ossDomain: 'oss.localhost', bareBucket: BUCKET } });
  await put(plane, 'k', 'x', { 'x-oss-meta-a': '1' });
});
afterEach(() => send(plane, { method: 'DELETE', query: [['cors', '']] }));
afterAll(() => plane.close());

const query = [['cors', '']] as const;
const setXml = (body: string) => send(plane, { method: 'PUT', query, body });
const rule = (inside: string) => `<CORSRule>${inside}</CORSRule>`;
const set = (...rules: string[]) => setXml(`<CORSConfiguration>${rules.map(rule).join('')}</CORSConfiguration>`);
const origin = (text: string) => `<AllowedOrigin>${text}</AllowedOrigin>`;
const method = (text: string) => `<AllowedMethod>${text}</AllowedMethod>`;
const header = (text: string) => `<AllowedHeader>${text}</AllowedHeader>`;
const any = origin('*') + method('GET');

const preflight = (asked: { origin: string; method?: string; headers?: string; host?: string; path?: string }) =>
  raw(plane, {
    method: 'OPTIONS',
    path: asked.path ?? '/k',
    headers: {
      host: asked.host ?? `${BUCKET}.oss.localhost`,
      origin: asked.origin,
      'access-control-request-method': asked.method ?? 'GET',
      ...(asked.headers === undefined ? {} : { 'access-control-request-headers': asked.headers }),
    },
  });
const allowedOrigin = ({ headers }: { headers: Record<string, unknown> }) => headers['access-control-allow-origin'];

describe('the rules of a bucket', () => {
  it('are kept, given back and deleted', async () => {
    const none = await send(plane, { query });
    expect([none.status, none.xml('Code'), none.xml('Message')]).toEqual([
      404,
      'NoSuchCORSConfiguration',
      'The CORS Configuration does not exist.',
    ]);
    const text =
      origin('https://a.example') +
      origin('https://*.b.example') +
      method('PUT') +
      method('GET') +
      header('x-oss-*') +
      '<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>0</MaxAgeSeconds>';
    expect((await set(text)).status).toBe(200);
    expect((await send(plane, { query })).body.toString()).toContain(rule(text));
    expect((await set(any)).status).toBe(200);
    expect((await send(plane, { query })).body.toString()).not.toContain('a.example');
    expect((await send(plane, { method: 'DELETE', query })).status).toBe(204);
    expect((await send(plane, { query })).status).toBe(404);
    expect((await send(plane, { method: 'DELETE', query })).status).toBe(204);
  });

  it.each([
    ['no XML', 'MalformedXML', '<'],
    ['another document', 'MalformedXML', '<Delete/>'],
    ['no rule', 'MalformedXML', '<CORSConfiguration/>'],
    ['a rule without origin', 'MalformedXML', `<CORSConfiguration>${rule(method('GET'))}</CORSConfiguration>`],
    ['a rule without method', 'MalformedXML', `<CORSConfiguration>${rule(origin('*'))}</CORSConfiguration>`],
    ['what it does not know', 'MalformedXML', `<CORSConfiguration>${rule(`${any}<X/>`)}</CORSConfiguration>`],
    ['eleven rules', 'CORSRuleBeyondLimit', `<CORSConfiguration>${rule(any).repeat(11)}</CORSConfiguration>`],
    ['over 16 KB', 'MalformedXML', `<CORSConfiguration>${rule(any + header('a'.repeat(17_000)))}</CORSConfiguration>`],
    [
      'a ResponseVary',
      'InvalidArgument',
      `<CORSConfiguration>${rule(any)}<ResponseVary>1</ResponseVary></CORSConfiguration>`,
    ],
    [
      'two stars in an origin',
      'InvalidArgument',
      `<CORSConfiguration>${rule(origin('*.*') + method('GET'))}</CORSConfiguration>`,
    ],
    [
      'an empty origin',
      'InvalidArgument',
      `<CORSConfiguration>${rule(origin(' ') + method('GET'))}</CORSConfiguration>`,
    ],
    ['a method', 'InvalidArgument', `<CORSConfiguration>${rule(origin('*') + method('PATCH'))}</CORSConfiguration>`],
    ['any method', 'InvalidArgument', `<CORSConfiguration>${rule(origin('*') + method('*'))}</CORSConfiguration>`],
    [
      'two stars in a header',
      'InvalidArgument',
      `<CORSConfiguration>${rule(`${any}${header('*-*')}`)}</CORSConfiguration>`,
    ],
    [
      'a star exposed',
      'InvalidArgument',
      `<CORSConfiguration>${rule(`${any}<ExposeHeader>*</ExposeHeader>`)}</CORSConfiguration>`,
    ],
    [
      'a header split',
      'InvalidArgument',
      `<CORSConfiguration>${rule(`${any}<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>`)}</CORSConfiguration>`,
    ],
    [
      'no age',
      'InvalidArgument',
      `<CORSConfiguration>${rule(`${any}<MaxAgeSeconds>-1</MaxAgeSeconds>`)}</CORSConfiguration>`,
    ],
    [
      'an age',
      'InvalidArgument',
      `<CORSConfiguration>${rule(`${any}<MaxAgeSeconds>1000000000</MaxAgeSeconds>`)}</CORSConfiguration>`,
    ],
    [
      'two ages',
      'MalformedXML',
      `<CORSConfiguration>${rule(`${any}<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>1</MaxAgeSeconds>`)}</CORSConfiguration>`,
    ],
  ])('cannot be set with %s: %s', async (_, code, xml) => {
    const reply = await setXml(xml);
    expect([reply.status, reply.xml('Code')]).toEqual([400, code]);
    expect((await send(plane, { query })).status).toBe(404);
  });

  it('ask policy each', async () => {
    plane.questions.length = 0;
    await set(any);
    await send(plane, { query });
    await send(plane, { method: 'DELETE', query });
    expect(plane.questions.map(({ action, resource }) => [action, resource])).toEqual(
      ['oss:PutBucketCors', 'oss:GetBucketCors', 'oss:DeleteBucketCors'].map((action) => [
        action,
        `acs:oss:*:${ACCOUNT}:${BUCKET}`,
      ]),
    );
    expect((await send(plane, { query, sign: 'none' })).status).toBe(403);
  });
});

describe('a preflight to a bucket with rules', () => {
  it('is answered by the first rule whose origin, method and headers all fit', async () => {
    await set(
      `${origin('https://a.example')}${method('GET')}<MaxAgeSeconds>1</MaxAgeSeconds>`,
      `${origin('https://*.example')}${method('PUT')}${method('GET')}${header('x-oss-*')}${header('Content-Type')}<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>2</MaxAgeSeconds>`,
      `${origin('*')}${method('HEAD')}${header('*')}<MaxAgeSeconds>3</MaxAgeSeconds>`,
    );
    const first = await preflight({ origin: 'https://a.example' });
    expect([first.status, first.headers['access-control-max-age']]).toEqual([200, '1']);
    const second = await preflight({ origin: 'https://a.example', headers: 'content-type, X-OSS-Date' });
    expect(second.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-methods': 'PUT, GET',
      'access-control-allow-headers': 'content-type, X-OSS-Date',
      'access-control-expose-headers': 'ETag',
      'access-control-max-age': '2',
    });
    expect(second.headers.vary).toContain('Origin');
    const third = await preflight({ origin: 'http://elsewhere.test', method: 'HEAD', headers: 'anything' });
    expect([third.status, allowedOrigin(third), third.headers['access-control-max-age']]).toEqual([200, '*', '3']);
  });

  it.each([
    ['another origin', { origin: 'https://b.test' }],
    ['the scheme', { origin: 'http://a.example' }],
    ['an origin that only ends alike', { origin: 'https://a.example.evil.test' }],
    ['an overlap of the two halves of a pattern', { origin: 'https://ab' }],
    ['another method', { origin: 'https://a.example', method: 'PUT' }],
    ['a method in lower case', { origin: 'https://a.example', method: 'get' }],
    ['one header of many', { origin: 'https://a.example', headers: 'x-oss-date,authorization' }],
    [
      'too many headers',
      { origin: 'https://a.example', headers: Array.from({ length: 300 }, (_, i) => `x-oss-${i}`).join() },
    ],
  ])('is refused for %s', async (_, asked) => {
    await set(origin('https://*.example') + origin('https://ab*ab') + method('GET') + header('x-oss-*'));
    const reply = await preflight(asked);
    expect([reply.status, reply.xml('Code'), allowedOrigin(reply)]).toEqual([403, 'AccessForbidden', undefined]);
  });

  it('is found by host, path, and the bucket that is meant without its name', async () => {
    await set(origin('https://a.example') + method('GET'));
    for (const [host, path] of [
      [`${BUCKET}.oss-cn-local.aliyuncs.com`, '/k'],
      ['127.0.0.1', `/${BUCKET}/k`],
      ['oss.localhost', '/no-such-bucket/k'],
      ['oss.localhost', '/k'],
    ] as const) {
      expect((await preflight({ origin: 'https://a.example', host, path })).status, host + path).toBe(200);
      expect((await preflight({ origin: 'https://b.example', host, path })).status, host + path).toBe(403);
    }
    const other = await preflight({ origin: 'https://b.example', host: 'no-such-bucket.oss.localhost' });
    expect([other.status, allowedOrigin(other)]).toEqual([200, '*']);
  });

  it('is answered at once, whatever patterns and lists were made for it', async () => {
    await set(origin(`https://${'a'.repeat(7000)}*${'a'.repeat(7000)}`) + method('GET') + header('*'));
    const reply = await preflight({ origin: `https://${'a'.repeat(6000)}`, headers: `${'a'.repeat(7000)},;` });
    expect(reply.status).toBe(403);
  });
});

describe('any other answer of a bucket with rules', () => {
  it('has what the rule says to its pages, and nothing to others', async () => {
    await set(`${origin('https://a.example')}${method('GET')}<ExposeHeader>x-oss-meta-a</ExposeHeader>`);
    const { headers } = await get(plane, 'k', { origin: 'https://a.example' });
    expect([headers['access-control-allow-origin'], headers['access-control-expose-headers'], headers.vary]).toEqual([
      'https://a.example',
      'x-oss-meta-a',
      'Origin',
    ]);
    for (const other of [
      await get(plane, 'k', { origin: 'https://b.example' }),
      await put(plane, 'k2', 'x', { origin: 'https://a.example' }),
      await get(plane, 'k'),
    ]) {
      expect(other.status).toBe(200);
      expect(other.headers).not.toHaveProperty('access-control-allow-origin');
      expect(other.headers).not.toHaveProperty('vary');
    }
  });

  it('tells caches apart always, if ResponseVary says so', async () => {
    await setXml(`<CORSConfiguration>${rule(any)}<ResponseVary>true</ResponseVary></CORSConfiguration>`);
    for (const headers of [{}, { origin: 'https://a.example' }]) {
      expect((await get(plane, 'k', headers as Record<string, string>)).headers.vary).toBe('Origin');
    }
    expect((await send(plane, { query })).xml('ResponseVary')).toBe('true');
  });

  it('has them when it refuses, too', async () => {
    await set(`${origin('https://a.example')}${method('GET')}${method('PUT')}`);
    const host = `${BUCKET}.oss.localhost`;
    const from = { host, origin: 'https://a.example' };
    for (const [headers, status] of [
      [{ ...from, authorization: `OSS ak:${'A'.repeat(27)}=`, date: new Date(plane.clock.ms).toUTCString() }, 403],
      [{ ...from, authorization: `OSS ak:${'A'.repeat(27)}=`, date: 'Thu, 17 Nov 2005 18:49:58 GMT' }, 403],
      [{ ...from, authorization: 'OSS nonsense' }, 400],
      [from, 403],
    ] as const) {
      const reply = await raw(plane, { method: 'GET', path: '/k', headers });
      expect([reply.status, allowedOrigin(reply)]).toEqual([status, 'https://a.example']);
    }
    const evil = await raw(plane, { method: 'GET', path: '/k', headers: { host, origin: 'https://b.example' } });
    expect([evil.status, allowedOrigin(evil)]).toEqual([403, undefined]);
    const nowhere = await get(plane, 'k');
    expect(nowhere.status).toBe(200);
    const headers = { host: 'no-such-bucket.oss.localhost', origin: 'https://b.example' };
    const unknown = await raw(plane, { method: 'GET', path: '/k', headers });
    expect([unknown.status, allowedOrigin(unknown)]).toEqual([404, '*']);
  });
});
