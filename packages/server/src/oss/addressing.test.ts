import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAddresses } from './addressing.js';
import { type Ask, put, raw, send, signed } from './testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

const addressing = { ossDomain: 'oss.localhost', cnames: { 'media.example': 'videos' } };

describe('readAddresses', () => {
  it.each([
    ['videos.oss.localhost', '/a/b', 'videos', 'a/b'],
    ['videos.oss.localhost:8401', '/a', 'videos', 'a'],
    ['videos.OSS.LOCALHOST.', '/a', 'videos', 'a'],
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

  it('takes a bucket with capitals in the host for the one without, unless it was signed so', () => {
    const readings = readAddresses({ host: 'Videos.OSS.localhost', path: '/a' }, addressing);
    expect(readings.map(({ bucket, key }) => [bucket, key])).toEqual([
      ['videos', 'a'],
      ['Videos', 'a'],
    ]);
  });

  it('offers a blank for a plus, after the plus itself', () => {
    const readings = readAddresses({ host: 'videos.oss.localhost', path: '/a+b%2Bc' }, addressing);
    expect(readings.map(({ key }) => key)).toEqual(['a+b+c', 'a b+c']);
  });

  it('offers both readings when host and path name the same bucket', () => {
    const both = readAddresses({ host: 'videos.cn-local.aliyuncs.com', path: '/videos/a' }, addressing);
    expect(both.map(({ bucket, key }) => [bucket, key])).toEqual([
      ['videos', 'videos/a'],
      ['videos', 'a'],
    ]);
  });

  it.each([
    [
      'oss.localhost:8401',
      '/media/a',
      [
        ['media', 'a'],
        ['videos', 'media/a'],
      ],
    ],
    [
      'phone.example',
      '/a',
      [
        ['a', undefined],
        ['videos', 'a'],
      ],
    ],
    [
      '192.0.2.1',
      '/videos/a',
      [
        ['videos', 'a'],
        ['videos', 'videos/a'],
      ],
    ],
    [
      'localhost:8401',
      '/',
      [
        [undefined, undefined],
        ['videos', undefined],
      ],
    ],
    [
      '',
      '//a',
      [
        ['', undefined],
        ['videos', '/a'],
      ],
    ],
    ['other.oss.localhost', '/a', [['other', 'a']]],
    ['media.example', '/a', [['videos', 'a']]],
    ['other.oss-cn-hangzhou.aliyuncs.com', '/a', [['other', 'a']]],
  ])('%s %s may also mean a key of the bare bucket, if the host names none', (host, path, expected) => {
    const addresses = readAddresses({ host, path }, { ...addressing, bareBucket: 'videos' });
    expect(addresses.map(({ bucket, key }) => [bucket, key])).toEqual(expected);
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
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'InvalidBucketName']);
  });
});

/** As the OSS clients for Android and iOS do: no bucket in the URL, and signed with one. */
describe('a client that takes the host for that of its bucket', () => {
  let plane: TestPlane;
  const hosts = ['oss.localhost', 'phone.example', '127.0.0.1', 'localhost', '[::1]:1'];
  const at = (host: string, ask: Parameters<typeof signed>[1], path?: string) => {
    const request = signed(plane, ask);
    const body = ask.body === undefined ? {} : { body: ask.body };
    return raw(plane, { ...request, path: path ?? request.path, headers: { ...request.headers, host }, ...body });
  };
  beforeAll(async () => {
    plane = await startPlane({ addressing: { ossDomain: 'oss.localhost', bareBucket: BUCKET } });
    await plane.db
      .insertInto('buckets')
      .values({ bucket: 'media', account_id: ACCOUNT, region: 'cn-local', acl: 'private', created_at: 0 })
      .execute();
  });
  afterAll(() => plane.close());

  it.each(['v1', 'v4'] as const)('writes and reads on every host that names no bucket (%s)', async (sign) => {
    for (const host of hosts) {
      const key = `media/${sign}/a b.mp4`;
      expect((await at(host, { method: 'PUT', key, sign, body: host })).status).toBe(200);
      expect((await at(host, { key, sign })).body.toString()).toBe(host);
      expect((await send(plane, { key })).body.toString()).toBe(host);
    }
    const other = await plane.db.selectFrom('objects').selectAll().where('bucket', '=', 'media').execute();
    expect(other).toEqual([]);
  });

  it('completes a multipart upload, and is told the address it used', async () => {
    const host = 'phone.example';
    const begun = await at(host, { method: 'POST', key: 'm', query: [['uploads', '']], body: '' });
    const uploadId = begun.xml('UploadId') ?? '';
    const part = await at(host, {
      method: 'PUT',
      key: 'm',
      query: [
        ['partNumber', '1'],
        ['uploadId', uploadId],
      ],
      body: 'x',
    });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    const done = await at(host, { method: 'POST', key: 'm', query: [['uploadId', uploadId]], body });
    expect([done.status, done.xml('Location')]).toEqual([200, 'http://phone.example/m']);
  });

  it('cannot be made to mean the bucket of the path, nor the other way round', async () => {
    // Signed for media/a of the bare bucket, and for a of the bucket media: one URL, two objects.
    await at('oss.localhost', { method: 'PUT', key: 'media/a', body: 'bare' });
    await at('oss.localhost', { method: 'PUT', bucket: 'media', key: 'a', body: 'path' }, '/media/a');
    expect((await send(plane, { key: 'media/a' })).body.toString()).toBe('bare');
    expect((await send(plane, { bucket: 'media', key: 'a' })).body.toString()).toBe('path');
    // A signature for one bucket is none for another host or path, whatever is encoded.
    for (const [host, path] of [
      ['oss.localhost', `/${BUCKET}%2Fmedia/a`],
      ['oss.localhost', '/media%2Fa'],
      ['oss.localhost', '/other/a'],
      ['other.oss.localhost', '/media/a'],
      ['oss.localhost', '//media/a'],
      ['oss.localhost', '/./media/a'],
    ] as const) {
      const reply = await at(host, { bucket: 'media', key: 'a' }, path);
      expect(reply.status, `${host} ${path}`).toBeGreaterThanOrEqual(400);
      expect(reply.body.toString()).not.toBe('bare');
    }
  });

  it('a plus in the path is the blank or the plus that was signed, and a plus unsigned', async () => {
    const host = `${BUCKET}.oss.localhost`;
    for (const sign of ['v1', 'v4'] as const) {
      const put = async (key: string, path: string) => {
        const { headers } = signed(plane, { method: 'PUT', key, sign });
        return (await raw(plane, { method: 'PUT', path, headers, body: key })).status;
      };
      expect([await put('blank + plus', '/blank+%2B+plus'), await put('pl+us', '/pl+us')]).toEqual([200, 200]);
      expect((await send(plane, { key: 'blank + plus' })).body.toString()).toBe('blank + plus');
      expect((await send(plane, { key: 'pl+us' })).body.toString()).toBe('pl+us');
      expect(await put('pl us', '/pl%2Bus')).toBe(403);
    }
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).where('bucket', '=', BUCKET).execute();
    const unsigned = await raw(plane, { method: 'GET', path: '/pl+us', headers: { host } });
    expect(unsigned.body.toString()).toBe('pl+us');
  });

  it('an unknown key hears of a bucket that is not there, as SDKs expect that ask for one', async () => {
    const unknown = (ask: Ask) => send(plane, { accessKeyId: 'nobody', ...ask });
    expect((await unknown({ bucket: 'not-there' })).xml('Code')).toBe('NoSuchBucket');
    expect((await unknown({ bucket: 'not-there', key: 'k' })).xml('Code')).toBe('NoSuchBucket');
    expect((await unknown({})).xml('Code')).toBe('InvalidAccessKeyId');
    expect((await unknown({ bucket: '' })).xml('Code')).toBe('InvalidAccessKeyId');
    expect((await unknown({ bucket: 'not-there', method: 'PUT', body: '' })).xml('Code')).toBe('InvalidAccessKeyId');
  });

  it('unsigned, or signed wrongly, gets the first reading and nothing else', async () => {
    await plane.db.updateTable('buckets').set({ acl: 'public-read' }).where('bucket', '=', BUCKET).execute();
    await put(plane, 'free/x', 'x');
    const free = await raw(plane, { method: 'GET', path: '/free/x', headers: { host: 'oss.localhost' } });
    expect([free.status, free.xml('Code')]).toEqual([404, 'NoSuchBucket']);
    const forged = await at('oss.localhost', { key: 'free/x', secret: 'wrong' });
    expect([forged.status, forged.xml('Code')]).toEqual([403, 'SignatureDoesNotMatch']);
  });
});
