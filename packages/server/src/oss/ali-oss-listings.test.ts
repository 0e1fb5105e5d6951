import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareBytes } from './byte-order.js';
import { ACCOUNT, BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  put(key: string, body: Buffer, options?: object): Promise<{ name: string }>;
  get(key: string): Promise<{ content: Buffer; status?: number }>;
  head(key: string): Promise<{ status: number; meta: Record<string, string> }>;
  getObjectMeta(key: string): Promise<{ status: number }>;
  delete(key: string): Promise<unknown>;
  list(query: Query): Promise<Listed & { nextMarker: string | null }>;
  listV2(
    query: Query,
  ): Promise<Listed & { keyCount: number; nextContinuationToken: string | null; continuationToken: string | null }>;
  deleteMulti(
    keys: readonly (string | { key: string; versionId?: string })[],
    options?: object,
  ): Promise<{ deleted: readonly { Key: string }[]; res: { status: number } }>;
  initMultipartUpload(key: string): Promise<{ uploadId: string }>;
  uploadPart(
    key: string,
    id: string,
    part: number,
    body: Buffer,
    start: number,
    end: number,
  ): Promise<{ etag: string }>;
  completeMultipartUpload(key: string, id: string, parts: readonly object[]): Promise<unknown>;
  abortMultipartUpload(key: string, id: string): Promise<unknown>;
  listParts(key: string, id: string, query: Query): Promise<{ parts: unknown; isTruncated: string }>;
  listUploads(query: Query): Promise<{
    uploads: readonly { name: string; uploadId: string }[];
    isTruncated: boolean;
    nextKeyMarker: string;
    nextUploadIdMarker: string;
  }>;
  options: { headerEncoding?: string };
}
type Query = Record<string, string | number | boolean>;
interface Listed {
  readonly objects: readonly { name: string; size: number; type: string; etag: string; owner: unknown }[];
  readonly prefixes: readonly string[] | null;
  readonly isTruncated: boolean;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
  plane.tokens.set('good-token', 'ok');
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterEach(async () => {
  await plane.db.deleteFrom('objects').execute();
  await plane.db.deleteFrom('uploads').execute();
});
afterAll(() => plane.close());

/** The client sends no key with a segment `.` or `..`: its HTTP library resolves them after they were signed. */
const KEYS = [
  'fun/movie/001.avi',
  'fun/movie/007.avi',
  'fun/test.jpg',
  'oss.jpg',
  'a//b',
  'trailing ',
  'back\\slash',
  '%',
  '100%25',
  'a+b&c;d=e?f#g',
  "!'()*",
  '<a href="x">',
  'bell\u0007 and\u0001 more\u000c',
  'line\nfeed',
  'carriage\rreturn',
  '视频/été.mp4',
  '🎬/🎞️',
  '\uffff',
  `${'长'.repeat(340)}.mp4`.slice(0, 340),
];

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
  ['V4, path style', { sldEnable: true, authorizationV4: true }],
  ['V4 with a token', { accessKeyId: 'STS.x', stsToken: 'good-token', authorizationV4: true }],
])('ali-oss 6.23, %s', (_, options) => {
  const client = () =>
    new OSS({
      endpoint: `http://127.0.0.1:${plane.port}`,
      region: 'oss-cn-hangzhou',
      bucket: BUCKET,
      accessKeyId: KEY.id,
      accessKeySecret: KEY.secret,
      ...options,
    });
  const names = ({ objects }: Listed) => objects.map(({ name }) => name);

  it('takes every key through put, head, get, the listings and deleteMulti', async () => {
    const oss = client();
    for (const key of KEYS) await oss.put(key, Buffer.from(key));
    for (const key of KEYS) {
      expect((await oss.get(key)).content.toString(), key).toBe(key);
      expect((await oss.head(key)).status).toBe(200);
      expect((await oss.getObjectMeta(key)).status).toBe(200);
    }
    const sorted = [...KEYS].sort(compareBytes);
    expect(names(await oss.list({ 'max-keys': 1000 }))).toEqual(sorted);
    expect(names(await oss.listV2({ 'max-keys': 1000 }))).toEqual(sorted);
    const encoded = await oss.list({ 'max-keys': 1000, 'encoding-type': 'url' });
    expect(names(encoded).map(decodeURIComponent)).toEqual(sorted);
    const { deleted } = await oss.deleteMulti(KEYS);
    expect(deleted.map(({ Key }) => Key)).toEqual(KEYS);
    expect((await oss.list({})).objects).toEqual([]);
  });

  it('takes every key through the multipart calls', async () => {
    const oss = client();
    for (const key of KEYS) {
      const { uploadId } = await oss.initMultipartUpload(key);
      const open = await oss.listUploads({ prefix: key });
      expect(open.uploads).toMatchObject([{ name: key, uploadId }]);
      const body = Buffer.from(`part of ${key}`);
      const { etag } = await oss.uploadPart(key, uploadId, 1, body, 0, body.length);
      expect((await oss.listParts(key, uploadId, {})).parts).toMatchObject({ PartNumber: '1', ETag: etag });
      await oss.completeMultipartUpload(key, uploadId, [{ number: 1, etag }]);
      expect((await oss.get(key)).content).toEqual(body);
      await oss.delete(key);
    }
  });

  it('lists a page, and the next ones', async () => {
    const oss = client();
    for (const key of KEYS.slice(0, 4)) await oss.put(key, Buffer.from('x'));
    const first = await oss.list({ 'max-keys': 3 });
    expect([names(first), first.isTruncated, first.nextMarker]).toEqual([KEYS.slice(0, 3), true, 'fun/test.jpg']);
    expect(first.objects[0]).toMatchObject({
      size: 1,
      type: 'Normal',
      etag: '"9DD4E461268C8034F5C8564E155C67A6"',
      owner: { id: ACCOUNT, displayName: ACCOUNT },
    });
    const rest = await oss.list({ 'max-keys': 3, marker: first.nextMarker ?? '' });
    expect([names(rest), rest.isTruncated, rest.nextMarker]).toEqual([['oss.jpg'], false, null]);
    const folder = await oss.list({ prefix: 'fun/', delimiter: '/' });
    expect([names(folder), folder.prefixes]).toEqual([['fun/test.jpg'], ['fun/movie/']]);
    const one = await oss.list({ prefix: 'oss' });
    expect(names(one)).toEqual(['oss.jpg']);
  });

  it('listV2 pages by its tokens, and knows the owner when it asks', async () => {
    const oss = client();
    for (const key of KEYS.slice(0, 4)) await oss.put(key, Buffer.from('x'));
    const seen: string[] = [];
    let token: string | null = null;
    do {
      const page: Awaited<ReturnType<AliOss['listV2']>> = await oss.listV2({
        'max-keys': 1,
        ...(token === null ? {} : { 'continuation-token': token }),
      });
      expect([page.keyCount, page.continuationToken, page.objects[0]?.owner]).toEqual([1, token, null]);
      seen.push(...names(page));
      token = page.nextContinuationToken;
    } while (token !== null);
    expect(seen).toEqual(KEYS.slice(0, 4));
    const owned = await oss.listV2({ 'fetch-owner': true, 'start-after': 'fun/test.jpg' });
    expect(owned.objects).toMatchObject([{ name: 'oss.jpg', owner: { id: ACCOUNT } }]);
  });

  it.each([false, true])(
    'deleteMulti with a key that the session policy leaves out throws, quiet %s',
    async (quiet) => {
      const oss = client();
      for (const key of ['u/a', 'v/a']) await oss.put(key, Buffer.from(key));
      const { decide } = plane;
      plane.decide = async (principal, question) =>
        question.resource.endsWith('/v/a')
          ? {
              allowed: false,
              noPermissionType: 'ImplicitDeny',
              policyType: 'SessionPolicy',
              verdicts: { identity: { outcome: 'Allow' } },
            }
          : decide(principal, question);
      try {
        await expect(oss.deleteMulti(['u/a', 'v/a'], { quiet })).rejects.toMatchObject({
          status: 403,
          code: 'AccessDenied',
          message: "Access denied by authorizer's policy.",
        });
      } finally {
        plane.decide = decide;
      }
      for (const key of ['u/a', 'v/a']) expect((await oss.head(key)).status).toBe(200);
    },
  );

  it('deleteMulti is quiet when told, and takes what is not there', async () => {
    const oss = client();
    await oss.put('a', Buffer.from('a'));
    const quiet = await oss.deleteMulti(['a', 'nothing'], { quiet: true });
    expect([quiet.res.status, quiet.deleted]).toEqual([200, []]);
    expect((await oss.deleteMulti([{ key: 'nothing' }])).deleted).toEqual([{ Key: 'nothing' }]);
    await expect(oss.get('a')).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
  });

  it('listUploads pages by both markers', async () => {
    const oss = client();
    const open: string[] = [];
    for (const key of ['a', 'a', 'b']) open.push(`${key}:${(await oss.initMultipartUpload(key)).uploadId}`);
    const first = await oss.listUploads({ 'max-uploads': 1 });
    const second = await oss.listUploads({
      'max-uploads': 10,
      'key-marker': first.nextKeyMarker,
      'upload-id-marker': first.nextUploadIdMarker,
    });
    expect([first.isTruncated, second.isTruncated]).toEqual([true, false]);
    const all = [...first.uploads, ...second.uploads].map(({ name, uploadId }) => `${name}:${uploadId}`);
    expect(all).toEqual(open.sort());
    for (const { name, uploadId } of [...first.uploads, ...second.uploads]) {
      await oss.abortMultipartUpload(name, uploadId);
    }
    expect((await oss.listUploads({})).uploads).toEqual([]);
  });

  it('gets metadata back in the bytes it sent', async () => {
    const oss = client();
    oss.options.headerEncoding = 'latin1';
    await oss.put('meta', Buffer.from('x'), { meta: { name: '阿达的大多' } });
    const { meta } = await oss.head('meta');
    expect(Buffer.from(meta.name ?? '', 'latin1').toString()).toBe('阿达的大多');
  });
});
