import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { get, initiate, put, send } from './testing/client.js';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  putBucket(name: string, options?: object): Promise<{ bucket: string; res: Answer }>;
  getBucketInfo(name: string): Promise<{ bucket: Record<string, unknown> }>;
  getBucketLocation(name: string): Promise<{ location: string }>;
  getBucketStat(name: string): Promise<{ stat: Record<string, string> }>;
  listBuckets(query?: object): Promise<{
    buckets: { name: string; region: string; storageClass: string }[] | null;
    owner: { id: string };
    isTruncated: boolean;
    nextMarker: string | null;
  }>;
  deleteBucket(name: string): Promise<{ res: Answer }>;
  putBucketACL(name: string, acl: string): Promise<{ bucket: string; res: Answer }>;
  getBucketACL(name: string): Promise<{ acl: string; owner: { id: string } }>;
  putBucketCORS(name: string, rules: readonly object[]): Promise<{ res: Answer }>;
  getBucketCORS(name: string): Promise<{ rules: object[] }>;
  deleteBucketCORS(name: string): Promise<{ res: Answer }>;
  putBucketLifecycle(name: string, rules: readonly object[]): Promise<{ res: Answer }>;
  getBucketLifecycle(name: string): Promise<{ rules: Record<string, unknown>[] }>;
  deleteBucketLifecycle(name: string): Promise<{ res: Answer }>;
  putACL(key: string, acl: string): Promise<{ res: Answer }>;
  getACL(key: string): Promise<{ acl: string; owner: { id: string } }>;
  put(key: string, body: Buffer, options?: object): Promise<{ res: Answer }>;
  get(key: string): Promise<{ content: Buffer }>;
  useBucket(name: string): void;
}
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane({ region: 'cn-hangzhou', addressing: { ossDomain: 'oss.localhost', bareBucket: BUCKET } });
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterAll(() => plane.close());

const connect = (options: object) =>
  new OSS({
    endpoint: `http://127.0.0.1:${plane.port}`,
    region: 'oss-cn-hangzhou',
    bucket: BUCKET,
    accessKeyId: KEY.id,
    accessKeySecret: KEY.secret,
    ...options,
  });

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
  ['V4, path style', { sldEnable: true, authorizationV4: true }],
])('ali-oss 6.23, %s', (_, options) => {
  const name = 'made-by-ali';
  let client: AliOss;
  beforeAll(() => {
    client = connect(options);
  });

  it('makes, describes, lists and deletes a bucket', async () => {
    const made = await client.putBucket(name, { acl: 'public-read', StorageClass: 'IA' });
    expect([made.bucket, made.res.status]).toEqual([name, 200]);
    expect((await client.putBucket(name)).bucket).toBe(name);
    const { bucket } = await client.getBucketInfo(name);
    expect(bucket).toMatchObject({
      Name: name,
      Location: 'oss-cn-hangzhou',
      ExtranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
      IntranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
      StorageClass: 'IA',
      AccessControlList: { Grant: 'public-read' },
    });
    expect((await client.getBucketLocation(name)).location).toBe('oss-cn-hangzhou');
    expect((await client.getBucketStat(name)).stat).toMatchObject({ ObjectCount: '0', Storage: '0' });
    const all = await client.listBuckets({});
    expect(all.owner.id).toMatch(/^\d+$/);
    expect(all.buckets?.map((each) => [each.name, each.region, each.storageClass])).toContainEqual([
      name,
      'oss-cn-hangzhou',
      'IA',
    ]);
    const page = await client.listBuckets({ prefix: '', 'max-keys': 1 });
    expect([page.isTruncated, page.nextMarker]).toEqual([true, name]);
    expect((await client.listBuckets({ prefix: 'none' })).buckets).toBeNull();
    expect((await client.deleteBucket(name)).res.status).toBe(204);
    await expect(client.deleteBucket(name)).rejects.toMatchObject({ status: 404, code: 'NoSuchBucket' });
    await expect(client.getBucketInfo(name)).rejects.toMatchObject({ code: 'NoSuchBucket', name: 'NoSuchBucketError' });
  });

  it('does not delete a bucket that is not empty', async () => {
    await client.putBucket(name);
    const filler = connect({ ...options, bucket: name });
    await filler.put('k', Buffer.from('x'));
    await expect(client.deleteBucket(name)).rejects.toMatchObject({ status: 409, code: 'BucketNotEmpty' });
    await send(plane, { method: 'DELETE', bucket: name, key: 'k' });
    await client.deleteBucket(name);
  });

  it('sets the ACL of a bucket, and creates one so', async () => {
    expect((await client.putBucketACL(name, 'public-read-write')).bucket).toBe(name);
    const { acl, owner } = await client.getBucketACL(name);
    expect([acl, owner.id]).toEqual(['public-read-write', expect.stringMatching(/^\d+$/)]);
    await client.putBucketACL(name, 'private');
    expect((await client.getBucketACL(name)).acl).toBe('private');
    await client.deleteBucket(name);
  });

  it('sets the ACL of an object', async () => {
    await client.put('acl', Buffer.from('x'), { headers: { 'x-oss-object-acl': 'public-read' } });
    expect((await client.getACL('acl')).acl).toBe('public-read');
    expect((await send(plane, { key: 'acl', sign: 'none' })).body.toString()).toBe('x');
    expect((await client.putACL('acl', 'private')).res.status).toBe(200);
    expect((await client.getACL('acl')).acl).toBe('private');
    expect((await send(plane, { key: 'acl', sign: 'none' })).status).toBe(403);
    await client.putACL('acl', 'default');
    expect((await client.getACL('acl')).acl).toBe('default');
  });

  it('sets CORS rules', async () => {
    const rules = [
      { allowedOrigin: '*', allowedMethod: 'GET', allowedHeader: '*', exposeHeader: 'ETag', maxAgeSeconds: '60' },
      { allowedOrigin: ['https://a.example', 'https://*.b.example'], allowedMethod: ['PUT', 'POST'] },
    ];
    expect((await client.putBucketCORS(BUCKET, rules)).res.status).toBe(200);
    expect((await client.getBucketCORS(BUCKET)).rules).toEqual(rules);
    const answer = await get(plane, 'no-such-key', { origin: 'https://a.example' });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([404, '*']);
    expect((await client.deleteBucketCORS(BUCKET)).res.status).toBe(204);
    await expect(client.getBucketCORS(BUCKET)).rejects.toMatchObject({
      code: 'NoSuchCORSConfiguration',
      message: expect.stringContaining('The CORS Configuration does not exist.'),
    });
    await expect(client.putBucketCORS(BUCKET, [{ allowedOrigin: '*', allowedMethod: 'ANY' }])).rejects.toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    });
  });

  it('sets lifecycle rules, old form and new, and they are carried out', async () => {
    await put(plane, 'old/a', 'x');
    await put(plane, 'keep/a', 'x');
    await initiate(plane, 'parts/a');
    const set = await client.putBucketLifecycle(BUCKET, [
      { id: 'expire', prefix: 'old/', status: 'Enabled', expiration: { days: 1 } },
      { id: 'date', prefix: 'dated/', status: 'Enabled', date: '2020-02-18T00:00:00.000Z' },
      { id: 'days', prefix: 'aged/', status: 'Enabled', days: 3 },
      { id: 'parts', prefix: 'parts/', status: 'Enabled', abortMultipartUpload: { days: 1 } },
      {
        id: 'tags',
        prefix: 'keep/',
        status: 'Enabled',
        expiration: { days: 1 },
        tag: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      },
      {
        id: 'colder',
        prefix: 'cold/',
        status: 'Disabled',
        transition: { createdBeforeDate: '2020-02-18T00:00:00.000Z', storageClass: 'Archive' },
      },
    ]);
    expect(set.res.status).toBe(200);
    const { rules } = await client.getBucketLifecycle(BUCKET);
    expect(rules.map(({ id }) => id)).toEqual(['expire', 'date', 'days', 'parts', 'tags', 'colder']);
    expect(rules[1]).toMatchObject({
      expiration: { createdBeforeDate: '2020-02-18T00:00:00.000Z' },
      status: 'Enabled',
    });
    expect(rules[4]?.tag).toHaveLength(2);
    plane.clock.ms += 86_400_000;
    expect(await plane.oss.expire()).toEqual({ objects: 1, uploads: 1 });
    const left = await plane.db.selectFrom('objects').select('object_key').execute();
    expect(left.map((row) => row.object_key)).toContain('keep/a');
    plane.clock.ms = Date.now();
    expect((await client.deleteBucketLifecycle(BUCKET)).res.status).toBe(204);
    await expect(client.getBucketLifecycle(BUCKET)).rejects.toMatchObject({ code: 'NoSuchLifecycle' });
  });
});

/** With `cname` it does what the OSS clients for Android and iOS do with any host: no bucket in the URL. */
describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
])('ali-oss 6.23 that takes the endpoint for its bucket, %s', (_, options) => {
  it('writes and reads the upload bucket', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const client = connect({ ...options, endpoint: `http://${host}:${plane.port}`, cname: true });
      await client.put('videos/a b.mp4', Buffer.from(host));
      expect((await client.get('videos/a b.mp4')).content.toString()).toBe(host);
      expect((await send(plane, { key: 'videos/a b.mp4' })).body.toString()).toBe(host);
    }
  });
});
