import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BUCKET, KEY, startPlane, type TestPlane } from './testing/data-plane.js';

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  put(key: string, body: Buffer | string, options?: object): Promise<{ url: string; res: Answer }>;
  get(key: string): Promise<{ content: Buffer; res: Answer }>;
  head(key: string): Promise<{ status: number; meta: Record<string, string>; res: Answer }>;
  delete(key: string): Promise<{ res: Answer }>;
  multipartUpload(key: string, file: string, options?: object): Promise<{ etag: string; res: Answer }>;
  abortMultipartUpload(key: string, uploadId: string): Promise<{ res: Answer }>;
  listParts(key: string, uploadId: string, query?: object): Promise<{ parts: { PartNumber: string }[] }>;
  initMultipartUpload(key: string): Promise<{ uploadId: string }>;
  signatureUrlV4(method: string, expires: number, request: object, key: string): Promise<string>;
  cancel(): void;
}
interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
}
interface Checkpoint {
  readonly uploadId: string;
  readonly doneParts: readonly { number: number; etag: string }[];
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

let plane: TestPlane;
let directory: string;
beforeAll(async () => {
  plane = await startPlane();
  plane.tokens.set('good-token', 'ok');
  directory = await mkdtemp(join(tmpdir(), 'sluice-ali-'));
});
beforeEach(() => {
  plane.clock.ms = Date.now();
});
afterAll(async () => {
  await plane.close();
  await rm(directory, { recursive: true, force: true });
});

const MIB = 1024 * 1024;

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
  ['V1, path style', { sldEnable: true }],
  ['V4, path style', { sldEnable: true, authorizationV4: true }],
  ['V1 with a token', { accessKeyId: 'STS.x', stsToken: 'good-token' }],
  ['V4 with a token', { accessKeyId: 'STS.x', stsToken: 'good-token', authorizationV4: true }],
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

  it.each(['plain.txt', 'a b/ü+&=#?%.txt', '视频 🎬.mp4', "it's (a) *star*!"])(
    'put, head, get and delete %s',
    async (key) => {
      const body = randomBytes(5000);
      const stored = await client.put(key, body, { meta: { uid: 1 }, headers: { 'Cache-Control': 'no-store' } });
      expect(stored.res.status).toBe(200);
      const head = await client.head(key);
      expect(head.meta).toEqual({ uid: '1' });
      expect(head.res.headers.etag).toBe(stored.res.headers.etag);
      const got = await client.get(key);
      expect(got.content.equals(body)).toBe(true);
      expect(got.res.headers['cache-control']).toBe('no-store');
      expect((await client.delete(key)).res.status).toBe(204);
      await expect(client.head(key)).rejects.toMatchObject({ code: 'NoSuchKey', status: 404 });
      await expect(client.get(key)).rejects.toMatchObject({
        code: 'NoSuchKey',
        message: 'The specified key does not exist.',
      });
    },
  );

  it('multipartUpload in five parallel parts', async () => {
    const content = randomBytes(5 * MIB + 123);
    const file = join(directory, 'whole.mp4');
    await writeFile(file, content);
    const reply = await client.multipartUpload('whole.mp4', file, { partSize: MIB, parallel: 5 });
    expect(reply.res.status).toBe(200);
    expect(reply.etag).toMatch(/^"[0-9A-F]{32}-6"$/);
    expect((await client.get('whole.mp4')).content.equals(content)).toBe(true);
  });

  it('a file below 100 KB goes up in one', async () => {
    const content = randomBytes(50_000);
    const file = join(directory, 'small.mp4');
    await writeFile(file, content);
    await client.multipartUpload('small.mp4', file);
    expect((await client.get('small.mp4')).content.equals(content)).toBe(true);
  });

  it('goes on from a checkpoint after cancel, without sending a part twice', async () => {
    const content = randomBytes(8 * MIB);
    const file = join(directory, 'resumed.mp4');
    await writeFile(file, content);
    let checkpoint: Checkpoint | undefined;
    await client
      .multipartUpload('resumed.mp4', file, {
        partSize: MIB,
        parallel: 1,
        progress: (_done: number, state: Checkpoint) => {
          checkpoint = JSON.parse(JSON.stringify(state ?? null)) as Checkpoint;
          if ((checkpoint?.doneParts.length ?? 0) >= 3) client.cancel();
        },
      })
      .catch((error: { name: string }) => expect(error.name).toBe('cancel'));
    const done = checkpoint?.doneParts.length ?? 0;
    expect(done).toBeGreaterThanOrEqual(3);
    const listed = await client.listParts('resumed.mp4', checkpoint?.uploadId ?? '', { 'max-parts': 1000 });
    expect(listed.parts.length).toBe(done);
    const before = plane.log.length;
    await client.multipartUpload('resumed.mp4', file, { partSize: MIB, parallel: 2, checkpoint });
    const sent = plane.log.slice(before).filter(({ fields }) => fields.operation === 'UploadPart');
    expect(sent.length).toBe(8 - done);
    expect((await client.get('resumed.mp4')).content.equals(content)).toBe(true);
  });

  it('abortMultipartUpload', async () => {
    const { uploadId } = await client.initMultipartUpload('aborted');
    expect((await client.abortMultipartUpload('aborted', uploadId)).res.status).toBe(204);
    await expect(client.abortMultipartUpload('aborted', uploadId)).rejects.toMatchObject({ code: 'NoSuchUpload' });
  });
});

describe('ali-oss 6.23 sees why it was refused', () => {
  const client = (change: object) =>
    new OSS({
      endpoint: `http://127.0.0.1:${plane.port}`,
      bucket: BUCKET,
      accessKeyId: KEY.id,
      accessKeySecret: KEY.secret,
      ...change,
    });

  it.each([
    [{ accessKeySecret: 'wrong' }, 'SignatureDoesNotMatch'],
    [{ accessKeyId: 'nobody' }, 'InvalidAccessKeyId'],
    [{ stsToken: 'forged' }, 'InvalidSecurityToken'],
  ])('%j', async (change, code) => {
    for (const authorizationV4 of [false, true]) {
      const refused = client({ ...change, authorizationV4 });
      const expected = { status: 403, code, requestId: expect.stringMatching(/^[0-9A-F]{24}$/) };
      await expect(refused.put('k', randomBytes(2 * MIB))).rejects.toMatchObject(expected);
      await expect(refused.head('k')).rejects.toMatchObject({ status: 403, code });
    }
  });

  it('when its token expires in the middle of an upload, with a part on the way', async () => {
    plane.tokens.set('ending', 'ok');
    const file = join(directory, 'expiring.mp4');
    await writeFile(file, randomBytes(6 * MIB));
    const upload = client({ accessKeyId: 'STS.x', stsToken: 'ending' }).multipartUpload('expiring.mp4', file, {
      partSize: MIB,
      parallel: 1,
      progress: (part: number) => {
        if (part > 0.3) plane.tokens.set('ending', 'expired-token');
      },
    });
    await expect(upload).rejects.toMatchObject({ code: 'SecurityTokenExpired', status: 403 });
  });
});
