import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { get, put, type Reply, raw, send } from './testing/client.js';
import { startPlane, type TestPlane } from './testing/data-plane.js';

const origin = 'https://app.example';
let open: TestPlane;
let closed: TestPlane;
let broken: TestPlane;
beforeAll(async () => {
  const put = () => Promise.reject(new Error('EIO'));
  [open, closed, broken] = await Promise.all([
    startPlane(),
    startPlane({ cors: { allowedOrigins: [origin] } }),
    startPlane({ wrapEngine: (engine) => ({ ...engine, put }) }),
  ]);
});
afterAll(() => Promise.all([open.close(), closed.close(), broken.close()]));

const preflight = (plane: TestPlane, headers: Record<string, string>) =>
  raw(plane, {
    method: 'OPTIONS',
    path: '/k?partNumber=1&uploadId=X',
    headers: { host: 'videos.oss.localhost', ...headers },
  });
const asked = 'authorization,content-type,x-oss-date,x-oss-security-token,x-oss-user-agent';
/** With V4 signatures, checksums and the headers of objects: what the upload SDK may send. */
const askedBySdk =
  'authorization,content-md5,content-type,x-oss-content-sha256,x-oss-date,x-oss-forbid-overwrite,x-oss-hash-crc64ecma,x-oss-security-token';

describe('a preflight', () => {
  it('is answered at once, also when its list of headers was made to be slow to read', async () => {
    const reply = await preflight(open, {
      origin: 'https://app.test',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': `a${', '.repeat(2000)},;`,
    });
    expect(reply.status).toBe(403);
  });

  it('needs no signature and allows what ali-oss sends', async () => {
    const reply = await preflight(open, {
      origin,
      'access-control-request-method': 'PUT',
      'access-control-request-headers': asked,
    });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, PUT, DELETE, POST, HEAD',
      'access-control-allow-headers': asked,
      'access-control-max-age': '86400',
    });
    expect(reply.headers['access-control-expose-headers']).toContain('ETag');
    expect(reply.headers.vary).toContain('Origin');
    expect(reply.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/);
  });

  it.each(['PUT', 'POST', 'GET', 'DELETE'])('allows %s with what the upload SDK sends', async (method) => {
    const reply = await preflight(open, {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': askedBySdk,
    });
    expect([reply.status, reply.headers['access-control-allow-headers']]).toEqual([200, askedBySdk]);
    for (const name of ['ETag', 'Date', 'Retry-After', 'x-oss-hash-crc64ecma', 'x-oss-request-id', 'x-oss-ec']) {
      expect(String(reply.headers['access-control-expose-headers']).split(', '), name).toContain(name);
    }
  });

  it.each([
    ['without Origin', { 'access-control-request-method': 'PUT' }, 400, 'BadRequest'],
    ['without a method', { origin }, 400, 'BadRequest'],
    ['for a method that is not served', { origin, 'access-control-request-method': 'PATCH' }, 403, 'AccessForbidden'],
  ])('%s is refused', async (_, headers, status, code) => {
    const reply = await preflight(open, headers as Record<string, string>);
    expect([reply.status, reply.xml('Code')]).toEqual([status, code]);
  });

  it('of an origin that is not allowed is refused', async () => {
    const ask = { 'access-control-request-method': 'PUT' };
    expect((await preflight(closed, { ...ask, origin: 'https://evil.example' })).status).toBe(403);
    const good = await preflight(closed, { ...ask, origin });
    expect([good.status, good.headers['access-control-allow-origin']]).toEqual([200, origin]);
  });
});

describe('any other answer', () => {
  it('carries the headers, names of user metadata included', async () => {
    await put(open, 'k', 'x', { 'x-oss-meta-author': 'a' });
    const { headers } = await get(open, 'k', { origin });
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toMatch(/ETag.*x-oss-meta-author/);
  });

  it('that refuses carries them too, or scripts would see a network error', async () => {
    for (const headers of [{ authorization: 'OSS ak:bad' }, { authorization: `OSS ak:${'A'.repeat(27)}=` }, {}]) {
      const reply = await raw(open, {
        method: 'GET',
        path: '/k',
        headers: { host: 'videos.oss.localhost', origin, ...headers },
      });
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.headers['access-control-allow-origin']).toBe('*');
      expect(reply.headers['access-control-expose-headers']).toContain('x-oss-request-id');
    }
  });

  it.each<[number, string, () => Promise<Reply>]>([
    [403, 'RequestTimeTooSkewed', () => send(open, { key: 'k', at: 0, headers: { origin } })],
    [404, 'NoSuchKey', () => get(open, 'not-there', { origin })],
    [404, 'NoSuchBucket', () => send(open, { bucket: 'nobody', key: 'k', headers: { origin } })],
    [400, 'InvalidBucketName', () => send(open, { bucket: 'no_name', key: 'k', headers: { origin } })],
    [400, 'InvalidObjectName', () => raw(open, { method: 'GET', path: '/%ff', headers: { host: 'x', origin } })],
    [405, 'MethodNotAllowed', () => send(open, { method: 'PATCH', key: 'k', headers: { origin }, body: '' })],
    [400, 'InvalidDigest', () => put(open, 'k', 'x', { origin, 'content-md5': 'AAAA' })],
    [500, 'InternalError', () => put(broken, 'k', 'x', { origin })],
    [431, 'RequestHeaderFieldsTooLarge', () => get(open, 'k', { origin, 'x-oss-meta-a': 'x'.repeat(40_000) })],
  ])('of %i %s carries them', async (status, code, ask) => {
    const reply = await ask();
    expect([reply.status, reply.xml('Code')]).toEqual([status, code]);
    expect(reply.headers['access-control-allow-origin']).toBe('*');
    expect(reply.headers['access-control-expose-headers']).toContain('x-oss-request-id');
  });

  it('to headers beyond the limit carries them for the origins that are allowed', async () => {
    const told = async (from: string) => {
      const { status, headers } = await get(closed, 'k', { origin: from, 'x-oss-meta-a': 'x'.repeat(40_000) });
      return [status, headers['access-control-allow-origin'], headers.vary];
    };
    expect(await told(origin)).toEqual([431, origin, 'Origin']);
    expect(await told('https://evil.example')).toEqual([431, undefined, 'Origin']);
  });

  it('to an origin that is not allowed is served without them', async () => {
    await put(closed, 'k', 'x');
    const reply = await get(closed, 'k', { origin: 'https://evil.example' });
    expect([reply.status, reply.headers['access-control-allow-origin'], reply.headers.vary]).toEqual([
      200,
      undefined,
      'Origin',
    ]);
  });
});
