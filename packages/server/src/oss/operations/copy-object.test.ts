import { createHash, randomBytes } from 'node:crypto';
import { formatHttpDate } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBucket } from '../ensure-bucket.js';
import { get, multipart, put, send } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane();
  const bucket = { bucket: 'other', account_id: ACCOUNT, region: 'cn-local', created_at: 0 };
  await ensureBucket(plane.db, { ...bucket, acl: 'private' });
  const foreign = { bucket: 'foreign', account_id: '9999999999999999', region: 'cn-local', created_at: 0 };
  await ensureBucket(plane.db, { ...foreign, acl: 'private' });
});
afterAll(() => plane.close());

const copy = (from: string, to: string, headers: Record<string, string> = {}, bucket = BUCKET) =>
  send(plane, {
    method: 'PUT',
    bucket,
    key: to,
    headers: { 'x-oss-copy-source': `/${BUCKET}/${encodeURIComponent(from)}`, ...headers },
  });
const head = (key: string, bucket = BUCKET) => send(plane, { method: 'HEAD', key, bucket });

const denied = async () => ({
  allowed: false as const,
  noPermissionType: 'ImplicitDeny' as const,
  policyType: 'AccountLevelIdentityBasedPolicy' as const,
  verdicts: { identity: { outcome: 'ImplicitDeny' as const } },
});

describe('CopyObject', () => {
  it('makes another object of the same bytes, and copies none', async () => {
    const body = randomBytes(1000);
    await put(plane, 'a/1 ü.bin', body, {
      'content-type': 'text/x-a',
      'x-oss-meta-who': 'alice',
      'cache-control': 'no-store',
    });
    const files = (await plane.files()).length;
    const reply = await copy('a/1 ü.bin', 'b');
    const etag = `"${createHash('md5').update(body).digest('hex').toUpperCase()}"`;
    expect(reply.status).toBe(200);
    expect([reply.xml('ETag')?.replaceAll('&quot;', '"'), reply.headers.etag]).toEqual([etag, etag]);
    expect(reply.xml('LastModified')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const back = await get(plane, 'b');
    expect(back.body.equals(body)).toBe(true);
    expect(back.headers).toMatchObject({
      etag,
      'content-type': 'text/x-a',
      'x-oss-meta-who': 'alice',
      'cache-control': 'no-store',
      'x-oss-hash-crc64ecma': reply.headers['x-oss-hash-crc64ecma'],
    });
    expect((await plane.files()).length).toBe(files);
    expect(plane.stored.at(-1)).toMatchObject({ key: 'b', size: 1000 });
  });

  it('each lives on without the other, and the last one gives the space back', async () => {
    const files = (await plane.files()).length;
    await put(plane, 'x', 'shared');
    await copy('x', 'y');
    await copy('y', 'z');
    await put(plane, 'y', 'new');
    await send(plane, { method: 'DELETE', key: 'x' });
    await plane.oss.start();
    expect((await get(plane, 'z')).body.toString()).toBe('shared');
    await send(plane, { method: 'DELETE', key: 'z' });
    await send(plane, { method: 'DELETE', key: 'y' });
    await expect.poll(async () => (await plane.files()).length).toBe(files);
  });

  it('takes new headers with REPLACE, and the old ones without', async () => {
    await put(plane, 'm', 'x', { 'content-type': 'text/a', 'x-oss-meta-a': '1' });
    const given = { 'content-type': 'text/b', 'x-oss-meta-b': '2' };
    await copy('m', 'kept', given);
    expect((await head('kept')).headers).toMatchObject({ 'content-type': 'text/a', 'x-oss-meta-a': '1' });
    await copy('m', 'replaced', { ...given, 'x-oss-metadata-directive': 'REPLACE' });
    const { headers } = await head('replaced');
    expect([headers['content-type'], headers['x-oss-meta-a'], headers['x-oss-meta-b']]).toEqual([
      'text/b',
      undefined,
      '2',
    ]);
    const wrong = await copy('m', 'wrong', { 'x-oss-metadata-directive': 'MERGE' });
    expect([wrong.status, wrong.xml('ArgumentName')]).toEqual([400, 'x-oss-metadata-directive']);
  });

  it('keeps with REPLACE the type, unless another is told, and how the client encrypted the bytes', async () => {
    const encryption = { 'x-oss-meta-client-side-encryption-key': 'k==' };
    await put(plane, 'sealed', 'x', { ...encryption, 'content-type': 'text/x-a', 'x-oss-meta-a': '1' });
    const replace = { 'x-oss-metadata-directive': 'REPLACE' };
    for (const to of ['sealed-copy', 'sealed']) {
      await copy('sealed', to, { ...replace, 'x-oss-meta-b': '2' });
      const { headers } = await head(to);
      expect(headers).toMatchObject({ ...encryption, 'content-type': 'text/x-a', 'x-oss-meta-b': '2' });
      expect(headers).not.toHaveProperty('x-oss-meta-a');
    }
    await copy('sealed', 'sealed', { ...replace, 'content-type': 'text/x-b' });
    expect((await head('sealed')).headers['content-type']).toBe('text/x-b');
  });

  it('onto itself changes the metadata, whatever the directive, and tells nobody of a new object', async () => {
    await put(plane, 'self', 'bytes', { 'x-oss-meta-a': '1', 'x-oss-tagging': 't=1' });
    const [files, told] = [(await plane.files()).length, plane.stored.length];
    plane.clock.ms += 5000;
    const reply = await copy('self', 'self', { 'x-oss-meta-b': '2' });
    expect(reply.status).toBe(200);
    await plane.oss.start();
    const back = await get(plane, 'self');
    expect(back.body.toString()).toBe('bytes');
    expect(back.headers).toMatchObject({ 'x-oss-meta-b': '2', 'x-oss-tagging-count': '1' });
    expect(back.headers['x-oss-meta-a']).toBeUndefined();
    expect(back.headers['last-modified']).toBe(formatHttpDate(plane.clock.ms));
    expect([(await plane.files()).length, plane.stored.length]).toEqual([files, told]);
  });

  it('keeps the ETag and type of an object uploaded in parts', async () => {
    const made = await multipart(plane, 'parts', [randomBytes(102400), randomBytes(10)]);
    expect((await copy('parts', 'parts-copy')).headers.etag).toBe(made.headers.etag);
    expect((await head('parts-copy')).headers).toMatchObject({
      'x-oss-object-type': 'Multipart',
      etag: made.headers.etag,
    });
  });

  it('reaches into another bucket', async () => {
    await put(plane, 'here', 'across');
    expect((await copy('here', 'there', {}, 'other')).status).toBe(200);
    expect((await send(plane, { bucket: 'other', key: 'there' })).body.toString()).toBe('across');
  });

  it('has the storage class that it is asked for, and not that of its source', async () => {
    await put(plane, 'cold', 'x', { 'x-oss-storage-class': 'IA', 'x-oss-meta-a': '1' });
    const classOf = async (key: string) => (await head(key)).headers['x-oss-storage-class'];
    await copy('cold', 'usual');
    await copy('cold', 'colder', { 'x-oss-storage-class': 'Archive' });
    expect([await classOf('cold'), await classOf('usual'), await classOf('colder')]).toEqual([
      'IA',
      'Standard',
      'Archive',
    ]);
    expect((await head('colder')).headers['x-oss-meta-a']).toBe('1');
  });

  it('x-oss-forbid-overwrite', async () => {
    await put(plane, 'from', '1');
    const forbid = { 'x-oss-forbid-overwrite': 'true' };
    const replies = await Promise.all([1, 2, 3].map(() => copy('from', 'once', forbid)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(replies.find(({ status }) => status === 409)?.xml('Code')).toBe('FileAlreadyExists');
  });

  it('conditions of the source: 412 and 304, and nothing is made', async () => {
    await put(plane, 'cond', 'x');
    const { headers } = await head('cond');
    const etag = String(headers.etag);
    const before = formatHttpDate(plane.clock.ms - 60_000);
    const after = formatHttpDate(plane.clock.ms + 60_000);
    const to = (headers: Record<string, string>) =>
      copy('cond', 'made', Object.fromEntries(Object.entries(headers).map(([k, v]) => [`x-oss-copy-source-${k}`, v])));
    for (const refused of [{ 'if-match': '"other"' }, { 'if-unmodified-since': before }]) {
      const reply = await to(refused);
      expect([reply.status, reply.xml('Code')]).toEqual([412, 'PreconditionFailed']);
    }
    for (const same of [{ 'if-none-match': etag }, { 'if-modified-since': after }]) {
      const reply = await to(same);
      expect([reply.status, reply.body.length]).toEqual([304, 0]);
    }
    expect((await head('made')).status).toBe(404);
    const good = { 'if-match': etag.replaceAll('"', ''), 'if-none-match': '"z"', 'if-modified-since': before };
    expect((await to(good)).status).toBe(200);
  });

  it('asks for permission to read the source and to write the target', async () => {
    await put(plane, 'secret', 'x');
    plane.questions.length = 0;
    await copy('secret', 'asked');
    const asked = plane.questions.map(({ action, resource }) => [action, resource.split('/').at(-1)]);
    expect(asked).toEqual([
      ['oss:PutObject', 'asked'],
      ['oss:GetObject', 'secret'],
    ]);
    const allow = plane.decide;
    plane.decide = (principal, question) =>
      question.action === 'oss:GetObject' ? denied() : allow(principal, question);
    const reply = await copy('secret', 'stolen');
    const missing = await copy('not-there', 'stolen');
    plane.decide = allow;
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessDenied']);
    expect(missing.status).toBe(403);
    expect((await head('stolen')).status).toBe(404);
  });

  it('does not read the bucket of another account', async () => {
    const reply = await send(plane, { method: 'PUT', key: 'k', headers: { 'x-oss-copy-source': '/foreign/k' } });
    expect([reply.status, reply.xml('Code')]).toEqual([403, 'AccessDenied']);
  });

  it.each([
    [`/${BUCKET}/nope`, 404, 'NoSuchKey'],
    ['/no-such-bucket/k', 404, 'NoSuchBucket'],
    ['/B@D/k', 400, 'InvalidBucketName'],
    [`/${BUCKET}/%2Fk`, 400, 'InvalidObjectName'],
    [`/${BUCKET}/a%00b`, 400, 'InvalidObjectName'],
    [`/${BUCKET}/${'a'.repeat(1024)}`, 400, 'InvalidObjectName'],
    [`${BUCKET}/k`, 400, 'InvalidArgument'],
    [`/${BUCKET}`, 400, 'InvalidArgument'],
    [`/${BUCKET}/`, 400, 'InvalidArgument'],
    ['', 400, 'InvalidArgument'],
    [`/${BUCKET}/%ff`, 400, 'InvalidArgument'],
    [`/${BUCKET}/k?what=1`, 400, 'InvalidArgument'],
    [`/${BUCKET}/k?versionId=CAEQ`, 400, 'NotImplemented'],
  ])('source %s: %i %s', async (source, status, code) => {
    const reply = await send(plane, { method: 'PUT', key: 'to', headers: { 'x-oss-copy-source': source } });
    expect([reply.status, reply.xml('Code')]).toEqual([status, code]);
  });

  it.each([
    ['a b/+c', 'a%20b/%2Bc'],
    ['a b/+c', 'a+b%2F%2Bc'],
    ['a b/+c', 'a%20b%2F%2Bc?versionId=null'],
    ['100%', '100%25'],
    ['视频 🎬', encodeURIComponent('视频 🎬')],
    ['..', '..'],
  ])('finds the key %s as %s', async (key, written) => {
    await put(plane, key, key);
    const source = { 'x-oss-copy-source': `/${BUCKET}/${written}` };
    expect((await send(plane, { method: 'PUT', key: 'found', headers: source })).status).toBe(200);
    expect((await get(plane, 'found')).body.toString()).toBe(key);
  });

  it('takes an appendable object for new metadata only', async () => {
    const query = (at: string) =>
      [
        ['append', ''],
        ['position', at],
      ] as const;
    await send(plane, { method: 'POST', key: 'log', query: query('0'), body: 'abc' });
    const reply = await copy('log', 'log-copy');
    expect([reply.status, reply.xml('Code')]).toEqual([400, 'OperationNotSupported']);
    expect((await copy('log', 'log', { 'x-oss-meta-a': 'b' })).status).toBe(200);
    await send(plane, { method: 'POST', key: 'log', query: query('3'), body: 'def' });
    const back = await get(plane, 'log');
    expect([back.body.toString(), back.headers['x-oss-meta-a']]).toEqual(['abcdef', 'b']);
  });

  it('a copy of what is being overwritten all the time is always whole', async () => {
    const bodies = ['aaaa', 'bbbb', 'cccc'];
    await put(plane, 'busy', 'aaaa');
    const work = Array.from({ length: 15 }, async (_, i) => {
      await Promise.all([put(plane, 'busy', bodies[i % 3] as string), copy('busy', `copy-${i}`)]);
      await copy('busy', 'busy', { 'x-oss-meta-i': String(i) });
    });
    await Promise.all(work);
    await plane.oss.start();
    for (let i = 0; i < 15; i++) expect(bodies).toContain((await get(plane, `copy-${i}`)).body.toString());
    expect(bodies).toContain((await get(plane, 'busy')).body.toString());
  });
});
