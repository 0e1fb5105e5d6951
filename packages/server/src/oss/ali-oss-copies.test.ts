import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc64 } from '@sluice/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
}
type Done = Promise<{ status: number; res: Answer }>;
/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  put(key: string, body: Buffer, options?: object): Promise<{ res: Answer }>;
  putMeta(key: string, meta: object): Done;
  get(key: string, options?: object): Promise<{ content: Buffer; res: Answer }>;
  head(key: string, options?: object): Promise<{ status: number; meta: Record<string, string> | null; res: Answer }>;
  copy(
    key: string,
    source: string,
    options?: object,
  ): Promise<{ data?: { etag: string; lastModified: string }; res: Answer }>;
  append(key: string, body: Buffer | string, options?: object): Promise<{ nextAppendPosition: string; res: Answer }>;
  initMultipartUpload(key: string): Promise<{ uploadId: string }>;
  uploadPartCopy(
    key: string,
    uploadId: string,
    part: number,
    range: string,
    source: object,
    options?: object,
  ): Promise<{ etag: string; res: Answer }>;
  completeMultipartUpload(key: string, uploadId: string, parts: readonly object[]): Promise<{ res: Answer }>;
  multipartUploadCopy(key: string, source: object, options?: object): Promise<{ etag: string; res: Answer }>;
  multipartUpload(key: string, file: string, options?: object): Promise<{ res: Answer }>;
  putObjectTagging(key: string, tags: Record<string, string>): Done;
  getObjectTagging(key: string): Promise<{ tag: Record<string, string> }>;
  deleteObjectTagging(key: string): Done;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

const MIB = 1024 * 1024;
let plane: TestPlane;
let directory: string;
beforeAll(async () => {
  plane = await startPlane();
  plane.tokens.set('good-token', 'ok');
  directory = await mkdtemp(join(tmpdir(), 'sluice-ali-copies-'));
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterAll(async () => {
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
  [
    'V4 with a token, path style',
    { sldEnable: true, accessKeyId: 'STS.x', stsToken: 'good-token', authorizationV4: true },
  ],
])('ali-oss 6.23, %s', (_, options) => {
  let client: AliOss;
  beforeAll(() => {
    client = new OSS({
      endpoint: `http://127.0.0.1:${plane.port}`,
      region: 'oss-cn-hangzhou',
      bucket: BUCKET,
      accessKeyId: KEY.id,
      accessKeySecret: KEY.secret,
      ...options,
    });
  });

  it.each(['plain.txt', 'a b/ü+&=#?%.txt', "dir/视频 🎬 (it's).mp4"])('copy %s', async (key) => {
    const body = randomBytes(3000);
    const stored = await client.put(key, body, { meta: { uid: 1 } });
    const copied = await client.copy('copied', key);
    expect(copied.data?.etag).toBe(stored.res.headers.etag);
    expect(copied.data?.lastModified).toMatch(/\.000Z$/);
    expect((await client.get('copied')).content.equals(body)).toBe(true);
    expect((await client.head('copied')).meta).toEqual({ uid: '1' });
    await client.copy('copied', `/${BUCKET}/${key}`, { meta: { uid: 2 } });
    expect((await client.head('copied')).meta).toEqual({ uid: '2' });
  });

  it('copy with conditions', async () => {
    const { res } = await client.put('cond', randomBytes(10));
    const { etag = '' } = res.headers;
    const same = await client.copy('c2', 'cond', { headers: { 'If-None-Match': etag } });
    expect(same.res.status).toBe(304);
    await expect(client.copy('c2', 'cond', { headers: { 'If-Match': '"no"' } })).rejects.toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    expect((await client.copy('c2', 'cond', { headers: { 'If-Match': etag } })).res.status).toBe(200);
    await expect(client.copy('c2', 'none')).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
  });

  it('putMeta changes the metadata in place', async () => {
    const body = randomBytes(10);
    await client.put('meta', body, { meta: { a: 1 } });
    await client.putMeta('meta', { b: 2 });
    expect((await client.head('meta')).meta).toEqual({ b: '2' });
    expect((await client.get('meta')).content.equals(body)).toBe(true);
  });

  it('append', async () => {
    const key = `log ${randomBytes(4).toString('hex')}`;
    const first = await client.append(key, Buffer.from('foo'));
    expect(first.nextAppendPosition).toBe('3');
    const second = await client.append(key, Buffer.from('bar'), { position: 3 });
    expect([second.nextAppendPosition, second.res.headers['x-oss-hash-crc64ecma']]).toEqual([
      '6',
      crc64(Buffer.from('foobar')).toString(),
    ]);
    expect((await client.get(key)).content.toString()).toBe('foobar');
    expect((await client.head(key)).res.headers['x-oss-next-append-position']).toBe('6');
    await expect(client.append(key, Buffer.from('x'))).rejects.toMatchObject({
      code: 'PositionNotEqualToLength',
      status: 409,
      message: 'Position is not equal to file length',
    });
    await client.put('normal', randomBytes(3));
    await expect(client.append('normal', Buffer.from('x'), { position: 3 })).rejects.toMatchObject({
      code: 'ObjectNotAppendable',
      status: 409,
    });
  });

  it('uploadPartCopy and multipartUploadCopy', async () => {
    const whole = randomBytes(2 * MIB + 77);
    const file = join(directory, 'source');
    await writeFile(file, whole);
    await client.multipartUpload('dir/source ü', file, { partSize: 300 * 1024 });
    const source = { sourceKey: 'dir/source ü', sourceBucketName: BUCKET };

    const { uploadId } = await client.initMultipartUpload('by-hand');
    const done: object[] = [];
    for (const [i, range] of [`0-${MIB - 1}`, `${MIB}-${whole.length - 1}`].entries()) {
      const part = await client.uploadPartCopy('by-hand', uploadId, i + 1, range, source);
      expect(part.etag).toMatch(/^"[0-9A-F]{32}"$/);
      done.push({ number: i + 1, etag: part.etag });
    }
    await client.completeMultipartUpload('by-hand', uploadId, done);
    expect((await client.get('by-hand')).content.equals(whole)).toBe(true);

    const copied = await client.multipartUploadCopy('copied', source, { partSize: 400 * 1024, parallel: 3 });
    expect(copied.res.status).toBe(200);
    expect((await client.get('copied')).content.equals(whole)).toBe(true);
  });

  it('object tagging', async () => {
    await client.put('tagged', randomBytes(3), { headers: { 'x-oss-tagging': 'a=1&b=2' } });
    expect((await client.getObjectTagging('tagged')).tag).toEqual({ a: '1', b: '2' });
    await client.putObjectTagging('tagged', { 'c d': 'x:y/z' });
    expect((await client.getObjectTagging('tagged')).tag).toEqual({ 'c d': 'x:y/z' });
    expect((await client.head('tagged')).res.headers['x-oss-tagging-count']).toBe('1');
    expect((await client.deleteObjectTagging('tagged')).status).toBe(204);
    expect((await client.getObjectTagging('tagged')).tag).toEqual({});
    await expect(client.getObjectTagging('none')).rejects.toMatchObject({ code: 'NoSuchKey' });
  });

  it('head and get with conditions and ranges', async () => {
    const body = randomBytes(1000);
    const { res } = await client.put('ranged', body);
    const { etag = '' } = res.headers;
    expect((await client.head('ranged', { headers: { 'If-None-Match': etag } })).status).toBe(304);
    await expect(client.head('ranged', { headers: { 'If-Match': '"no"' } })).rejects.toMatchObject({
      code: 'PreconditionFailed',
      status: 412,
    });
    const later = new Date(Date.now() + 60_000).toUTCString();
    expect((await client.head('ranged', { headers: { 'If-Modified-Since': later } })).status).toBe(304);
    expect((await client.get('ranged', { headers: { 'If-None-Match': etag } })).res.status).toBe(304);
    const part = await client.get('ranged', { headers: { Range: 'bytes=10-19' } });
    expect([part.res.status, part.res.headers['content-range']]).toEqual([206, 'bytes 10-19/1000']);
    expect(part.content.equals(body.subarray(10, 20))).toBe(true);
    const strict = { Range: 'bytes=5000-', 'x-oss-range-behavior': 'standard' };
    await expect(client.get('ranged', { headers: strict })).rejects.toMatchObject({
      code: 'InvalidRange',
      status: 416,
    });
    expect((await client.get('ranged', { headers: { Range: 'bytes=5000-' } })).content.length).toBe(1000);
  });
});
