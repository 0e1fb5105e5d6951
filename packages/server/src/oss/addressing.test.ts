import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAddresses } from './addressing.js';
import { put, raw, signed } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

const addressing = { ossDomain: 'oss.localhost', cnames: { 'media.example': 'videos' } };

describe('readAddresses', () => {
  it.each([
    ['videos.oss.localhost', '/a/b', 'videos', 'a/b'],
    ['videos.oss.localhost:8401', '/a', 'videos', 'a'],
    ['VIDEOS.OSS.LOCALHOST.', '/a', 'videos', 'a'],
    ['videos.oss.localhost', '/', 'videos', undefined],
    ['videos.oss-cn-hangzhou.aliyuncs.com', '/a', 'videos', 'a'],
    ['videos.cn-local.aliyuncs.com:80', '/a', 'videos', 'a'],
    ['media.example', '/a', 'videos', 'a'],
    ['oss.localhost:8401', '/videos/a/b', 'videos', 'a/b'],
    ['127.0.0.1:8401', '/videos/a', 'videos', 'a'],
    ['[::1]:8401', '/videos/a', 'videos', 'a'],
    ['oss-cn-hangzhou.aliyuncs.com', '/videos/a', 'videos', 'a'],
    ['.oss-cn-hangzhou.aliyuncs.com', '/', undefined, undefined],
    ['', '/videos/a', 'videos', 'a'],
    ['127.0.0.1', '/videos', 'videos', undefined],
    ['127.0.0.1', '/videos/', 'videos', undefined],
    ['127.0.0.1', '/', undefined, undefined],
    ['127.0.0.1', '/videos//a', 'videos', '/a'],
    ['evil-oss.localhost', '/videos/a', 'videos', 'a'],
    ['constructor', '/videos/a', 'videos', 'a'],
  ])('%s %s is bucket %s, key %s', (host, path, bucket, key) => {
    const addresses = readAddresses({ host, path }, addressing);
    expect(addresses).toHaveLength(1);
    expect([addresses[0]?.bucket, addresses[0]?.key]).toEqual([bucket, key]);
  });

  it('offers both readings when host and path name the same bucket', () => {
    const both = readAddresses({ host: 'videos.cn-local.aliyuncs.com', path: '/videos/a' }, addressing);
    expect(both.map(({ bucket, key }) => [bucket, key])).toEqual([
      ['videos', 'videos/a'],
      ['videos', 'a'],
    ]);
  });

  it('offers no second reading for another bucket', () => {
    expect(readAddresses({ host: 'videos.oss.localhost', path: '/other/a' }, addressing)).toHaveLength(1);
  });
});

describe('the reading that was signed', () => {
  let plane: TestPlane;
  beforeAll(async () => {
    plane = await startPlane();
    await put(plane, 'a', 'plain');
    await put(plane, `${BUCKET}/a`, 'nested');
  });
  afterAll(() => plane.close());

  it.each(['v1', 'v4'] as const)('decides what is meant (%s)', async (sign) => {
    const nested = signed(plane, { key: `${BUCKET}/a`, sign });
    expect((await raw(plane, nested)).body.toString()).toBe('nested');
    const plain = signed(plane, { key: 'a', sign });
    expect((await raw(plane, { ...plain, path: `/${BUCKET}/a` })).body.toString()).toBe('plain');
  });

  it('serves path style, other hosts and the absolute form', async () => {
    const ask = signed(plane, { key: 'a' });
    const at = (host: string, path: string) => raw(plane, { ...ask, path, headers: { ...ask.headers, host } });
    expect((await at(`127.0.0.1:${plane.port}`, `/${BUCKET}/a`)).body.toString()).toBe('plain');
    expect((await at('media.example', '/a')).body.toString()).toBe('plain');
    expect((await at('elsewhere', `http://${BUCKET}.oss.localhost/a`)).body.toString()).toBe('plain');
  });

  it('is not that of another bucket', async () => {
    const ask = signed(plane, { key: 'a', bucket: 'other-bucket' });
    const reply = await raw(plane, { ...ask, headers: { ...ask.headers, host: `${BUCKET}.oss.localhost` } });
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'SignatureDoesNotMatch']);
  });

  it('names the bucket of a path once decoded', async () => {
    const ask = signed(plane, { key: 'a' });
    const reply = await raw(plane, { ...ask, path: '/vid%2Feos/a', headers: { ...ask.headers, host: '127.0.0.1' } });
    expect(reply.status).toBe(403);
  });
});
