import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initiate, put, raw, readReply, send, signed } from '../testing/client.js';
import { ACCOUNT, BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';
import { formBody, signFormV1 } from '../testing/form.js';

const owner = { kind: 'user', accountId: ACCOUNT, userId: 'u1', userName: 'alice' } as const;
const stranger = { kind: 'user', accountId: '9999999999999999', userId: 'u9', userName: 'mallory' } as const;
const allowed = { allowed: true, verdicts: { identity: { outcome: 'Allow' } } } as const;
const refused = {
  allowed: false,
  noPermissionType: 'ImplicitDeny',
  verdicts: { identity: { outcome: 'ImplicitDeny' } },
} as const;

let plane: TestPlane;
beforeAll(async () => {
  plane = await startPlane({ keptBuckets: [BUCKET], limits: { maxBuckets: 6 } });
});
beforeEach(() => {
  plane.principal = owner;
  plane.decide = async () => allowed;
  plane.questions.length = 0;
});
afterAll(() => plane.close());

const putBucket = (bucket: string, headers: Record<string, string> = {}, body = '') =>
  send(plane, { method: 'PUT', bucket, headers, body });
const deleteBucket = (bucket: string) => send(plane, { method: 'DELETE', bucket });
const ask = (bucket: string, resource: string) => send(plane, { bucket, query: [[resource, '']] });
const codeOf = ({ status, xml }: { status: number; xml(name: string): string | undefined }) => [status, xml('Code')];

describe('PutBucket', () => {
  it('creates a private bucket, and again is a success that changes nothing', async () => {
    const first = await putBucket('made-once');
    expect([first.status, first.headers.location, first.body.length]).toEqual([200, '/made-once', 0]);
    plane.clock.ms += 1000;
    const before = (await ask('made-once', 'bucketInfo')).xml('CreationDate');
    expect((await putBucket('made-once')).status).toBe(200);
    const info = await ask('made-once', 'bucketInfo');
    expect([info.xml('Grant'), info.xml('CreationDate')]).toEqual(['private', before]);
    await deleteBucket('made-once');
  });

  it('tells when it was made in whole seconds', async () => {
    plane.clock.ms = Math.ceil(plane.clock.ms / 1000) * 1000 + 365;
    await putBucket('dated');
    const date = `${new Date(plane.clock.ms).toISOString().slice(0, 19)}.000Z`;
    expect((await ask('dated', 'bucketInfo')).xml('CreationDate')).toBe(date);
    const listed = await send(plane, { bucket: '', query: [['prefix', 'dated']] });
    expect(listed.xml('CreationDate')).toBe(date);
    await deleteBucket('dated');
  });

  it('takes an ACL, and with one changes that of the own bucket, which is a permission of its own', async () => {
    await putBucket('opened', { 'x-oss-acl': 'public-read' });
    expect((await ask('opened', 'acl')).xml('Grant')).toBe('public-read');
    await putBucket('opened');
    expect((await ask('opened', 'acl')).xml('Grant')).toBe('public-read');
    plane.decide = async (_, { action }) => (action === 'oss:PutBucketAcl' ? refused : allowed);
    expect(codeOf(await putBucket('opened', { 'x-oss-acl': 'private' }))).toEqual([403, 'AccessDenied']);
    plane.decide = async () => allowed;
    await putBucket('opened', { 'x-oss-acl': 'private' });
    expect((await ask('opened', 'acl')).xml('Grant')).toBe('private');
    await deleteBucket('opened');
  });

  it('takes XML that begins with blanks, as the SDK for Go sends it', async () => {
    const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
    const body = `\n    ${declaration}\n<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>\n`;
    expect((await putBucket('indented', {}, body)).status).toBe(200);
    expect((await ask('indented', 'bucketInfo')).xml('StorageClass')).toBe('IA');
    await deleteBucket('indented');
  });

  it('keeps the storage class it is told', async () => {
    const body =
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType></CreateBucketConfiguration>';
    expect((await putBucket('colder', {}, body)).status).toBe(200);
    const info = await ask('colder', 'bucketInfo');
    expect([info.xml('StorageClass'), info.xml('DataRedundancyType')]).toEqual(['IA', 'ZRS']);
    await deleteBucket('colder');
  });

  it.each([
    ['a body that is no XML', {}, '<Create', 'MalformedXML'],
    ['another document', {}, '<Delete/>', 'MalformedXML'],
    [
      'what it does not know',
      {},
      '<CreateBucketConfiguration><Zone>a</Zone></CreateBucketConfiguration>',
      'MalformedXML',
    ],
    [
      'two storage classes',
      {},
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass><StorageClass>IA</StorageClass></CreateBucketConfiguration>',
      'MalformedXML',
    ],
    [
      'a class that is none',
      {},
      '<CreateBucketConfiguration><StorageClass>Warm</StorageClass></CreateBucketConfiguration>',
      'InvalidArgument',
    ],
    ['nesting without end', {}, '<CreateBucketConfiguration>'.repeat(40_000), 'MalformedXML'],
    ['an ACL that is none', { 'x-oss-acl': 'open' }, '', 'InvalidArgument'],
    ['default as ACL', { 'x-oss-acl': 'default' }, '', 'InvalidArgument'],
  ])('refuses %s', async (_, headers, body, code) => {
    expect(codeOf(await putBucket('refused', headers as Record<string, string>, body))).toEqual([400, code]);
    expect(codeOf(await ask('refused', 'bucketInfo'))).toEqual([404, 'NoSuchBucket']);
  });

  it.each(['ab', '-abc', 'abc-', 'a'.repeat(64), 'a_b', 'a.b'])('refuses the name %s', async (name) => {
    const request = signed(plane, { method: 'PUT', bucket: name });
    const reply = await raw(plane, {
      ...request,
      path: `/${name}`,
      headers: { ...request.headers, host: '127.0.0.1' },
    });
    expect(codeOf(reply)).toEqual([400, 'InvalidBucketName']);
  });

  it('of a name that another account has is a conflict, whatever may be read of the bucket', async () => {
    plane.principal = stranger;
    for (const headers of [{}, { 'x-oss-acl': 'public-read' }]) {
      expect(codeOf(await putBucket(BUCKET, headers))).toEqual([409, 'BucketAlreadyExists']);
    }
    plane.principal = owner;
    expect((await ask(BUCKET, 'acl')).xml('Grant')).toBe('private');
  });

  it('stops at the limit of the account', async () => {
    for (let i = 0; i < 5; i++) expect((await putBucket(`many-${i}`)).status).toBe(200);
    expect(codeOf(await putBucket('many-5'))).toEqual([400, 'TooManyBuckets']);
    expect((await putBucket('many-4')).status).toBe(200);
    plane.principal = stranger;
    expect((await putBucket('many-5')).status).toBe(200);
    expect((await deleteBucket('many-5')).status).toBe(204);
    plane.principal = owner;
    for (let i = 0; i < 5; i++) await deleteBucket(`many-${i}`);
  });

  it('is not for the anonymous, and asks policy', async () => {
    const request = { method: 'PUT', bucket: 'nobodys', sign: 'none' } as const;
    expect(codeOf(await send(plane, request))).toEqual([403, 'AccessDenied']);
    plane.decide = async () => refused;
    expect(codeOf(await putBucket('nobodys'))).toEqual([403, 'AccessDenied']);
    expect(plane.questions.at(-1)).toMatchObject({ action: 'oss:PutBucket', resource: `acs:oss:*:${ACCOUNT}:nobodys` });
  });
});

describe('PutBucketAcl', () => {
  const putAcl = (bucket: string, acl?: string) =>
    send(plane, {
      method: 'PUT',
      bucket,
      query: [['acl', '']],
      headers: acl === undefined ? {} : { 'x-oss-acl': acl },
    });

  it('changes the ACL, and creates what is not there', async () => {
    const made = await putAcl('by-acl', 'public-read');
    expect([made.status, made.headers.location]).toEqual([200, '/by-acl']);
    expect((await ask('by-acl', 'acl')).xml('Grant')).toBe('public-read');
    expect((await putAcl('by-acl', 'private')).status).toBe(200);
    const acl = await ask('by-acl', 'acl');
    expect([acl.xml('Grant'), acl.xml('ID'), acl.xml('DisplayName')]).toEqual(['private', ACCOUNT, ACCOUNT]);
    await deleteBucket('by-acl');
  });

  it('creates only with the permission to create', async () => {
    plane.decide = async (_, { action }) => (action === 'oss:PutBucket' ? refused : allowed);
    expect(codeOf(await putAcl('by-acl', 'private'))).toEqual([403, 'AccessDenied']);
  });

  it('needs the header, and a bucket of the own account', async () => {
    expect(codeOf(await putAcl(BUCKET))).toEqual([400, 'MissingArgument']);
    plane.principal = stranger;
    expect(codeOf(await putAcl(BUCKET, 'public-read'))).toEqual([409, 'BucketAlreadyExists']);
    expect(codeOf(await ask(BUCKET, 'acl'))).toEqual([403, 'AccessDenied']);
  });
});

describe('what is told of a bucket', () => {
  it('GetBucketInfo, with the endpoint that the client uses', async () => {
    const info = await ask(BUCKET, 'bucketInfo');
    expect(
      ['Name', 'Location', 'ExtranetEndpoint', 'IntranetEndpoint', 'StorageClass', 'ID', 'Grant'].map(info.xml),
    ).toEqual([BUCKET, 'oss-cn-local', 'oss.localhost', 'oss.localhost', 'Standard', ACCOUNT, 'private']);
    const request = signed(plane, { bucket: BUCKET, query: [['bucketInfo', '']] });
    const headers = { ...request.headers, host: `${BUCKET}.oss-cn-local.aliyuncs.com` };
    const other = await raw(plane, { ...request, headers });
    expect(['ExtranetEndpoint', 'IntranetEndpoint'].map(other.xml)).toEqual([
      'oss-cn-local.aliyuncs.com',
      'oss-cn-local-internal.aliyuncs.com',
    ]);
  });

  it('GetBucketInfo and GetBucketStat name what there is not, too, as clients read it without looking', async () => {
    const info = await ask(BUCKET, 'bucketInfo');
    expect(
      ['SSEAlgorithm', 'AccessMonitor', 'TransferAcceleration', 'CrossRegionReplication', 'BlockPublicAccess'].map(
        info.xml,
      ),
    ).toEqual(['None', 'Disabled', 'Disabled', 'Disabled', 'false']);
    const stat = await ask(BUCKET, 'stat');
    expect(['InfrequentAccessStorage', 'DeepColdArchiveObjectCount', 'DeleteMarkerCount'].map(stat.xml)).toEqual([
      '0',
      '0',
      '0',
    ]);
  });

  it('HEAD of a bucket, for whom GetBucketInfo is allowed', async () => {
    const head = (bucket: string) => send(plane, { method: 'HEAD', bucket });
    const there = await head(BUCKET);
    expect([there.status, there.headers['x-oss-bucket-region']]).toEqual([200, 'oss-cn-local']);
    expect(plane.questions.at(-1)?.action).toBe('oss:GetBucketInfo');
    expect((await head('not-there')).status).toBe(404);
    plane.principal = stranger;
    expect((await head(BUCKET)).status).toBe(403);
  });

  it('GetBucketLocation, as bare text', async () => {
    const reply = await ask(BUCKET, 'location');
    expect(reply.body.toString()).toContain('<LocationConstraint>oss-cn-local</LocationConstraint>');
  });

  it('GetBucketStat counts objects, bytes and uploads', async () => {
    await putBucket('counted');
    for (const [key, size] of [
      ['a', 10],
      ['b', 20],
    ] as const) {
      await send(plane, { method: 'PUT', bucket: 'counted', key, body: Buffer.alloc(size) });
    }
    await send(plane, { method: 'POST', bucket: 'counted', key: 'c', query: [['uploads', '']], body: '' });
    const stat = await ask('counted', 'stat');
    expect(['Storage', 'ObjectCount', 'MultipartUploadCount'].map(stat.xml)).toEqual(['30', '2', '1']);
  });

  it('nothing is told to other accounts and to nobody', async () => {
    for (const resource of ['bucketInfo', 'location', 'acl', 'stat']) {
      plane.principal = stranger;
      expect(codeOf(await ask(BUCKET, resource))).toEqual([403, 'AccessDenied']);
      const anonymous = await send(plane, { bucket: BUCKET, query: [[resource, '']], sign: 'none' });
      expect(codeOf(anonymous)).toEqual([403, 'AccessDenied']);
      expect(codeOf(await ask('no-such-bucket', resource))).toEqual([404, 'NoSuchBucket']);
    }
  });
});

describe('ListBuckets', () => {
  const list = (query: readonly [string, string][] = []) => {
    const request = signed(plane, { bucket: '', query });
    // A service call names no bucket in what is signed.
    return raw(plane, { ...request, headers: { ...request.headers, host: '.oss-cn-local.aliyuncs.com' } });
  };
  const names = (body: Buffer) => [...body.toString().matchAll(/<Name>([^<]*)</g)].map((m) => m[1]);
  const serviceCall = async (query: readonly [string, string][] = []) => {
    const reply = await list(query);
    return { ...reply, names: names(reply.body) };
  };

  it('lists the own buckets page by page', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await putBucket(name);
    expect((await serviceCall([['prefix', 'list-']])).names).toEqual(['list-a', 'list-b', 'list-c']);
    const page = await serviceCall([
      ['prefix', 'list-'],
      ['max-keys', '2'],
    ]);
    expect([page.names, page.xml('IsTruncated'), page.xml('NextMarker')]).toEqual([
      ['list-a', 'list-b'],
      'true',
      'list-b',
    ]);
    const rest = await serviceCall([
      ['prefix', 'list-'],
      ['marker', 'list-b'],
    ]);
    expect([rest.names, rest.xml('IsTruncated'), rest.xml('NextMarker')]).toEqual([['list-c'], 'false', undefined]);
    plane.principal = stranger;
    expect((await serviceCall()).names).toEqual([]);
    plane.principal = owner;
    for (const name of ['list-a', 'list-b', 'list-c']) await deleteBucket(name);
  });

  it.each(['0', '1001', 'x', '-1', '1e2'])('refuses max-keys=%s', async (value) => {
    expect(codeOf(await serviceCall([['max-keys', value]]))).toEqual([400, 'InvalidArgument']);
  });

  it('asks policy for the account, and is not for the anonymous', async () => {
    plane.decide = async () => refused;
    expect(codeOf(await serviceCall())).toEqual([403, 'AccessDenied']);
    expect(plane.questions.at(-1)).toMatchObject({ action: 'oss:ListBuckets', resource: `acs:oss:*:${ACCOUNT}:*` });
    const reply = await raw(plane, { method: 'GET', path: '/', headers: { host: 'oss.localhost' } });
    expect(codeOf(reply)).toEqual([403, 'AccessDenied']);
  });
});

describe('DeleteBucket', () => {
  it('refuses a bucket with an object or an unfinished upload', async () => {
    await putBucket('filled');
    await send(plane, { method: 'PUT', bucket: 'filled', key: 'k', body: 'x' });
    expect(codeOf(await deleteBucket('filled'))).toEqual([409, 'BucketNotEmpty']);
    await send(plane, { method: 'DELETE', bucket: 'filled', key: 'k' });
    const begun = await send(plane, { method: 'POST', bucket: 'filled', key: 'k', query: [['uploads', '']], body: '' });
    expect(codeOf(await deleteBucket('filled'))).toEqual([409, 'BucketNotEmpty']);
    const uploadId = begun.xml('UploadId') ?? '';
    await send(plane, { method: 'DELETE', bucket: 'filled', key: 'k', query: [['uploadId', uploadId]] });
    expect((await deleteBucket('filled')).status).toBe(204);
    expect(codeOf(await deleteBucket('filled'))).toEqual([404, 'NoSuchBucket']);
  });

  it('refuses the bucket of the media, which says why', async () => {
    const reply = await deleteBucket(BUCKET);
    expect(codeOf(reply)).toEqual([409, 'OperationConflict']);
    expect(reply.xml('Message')).toContain('Media');
  });

  it('asks policy, and is not for others', async () => {
    await putBucket('guarded');
    plane.decide = async (_, { action }) => (action === 'oss:DeleteBucket' ? refused : allowed);
    expect(codeOf(await deleteBucket('guarded'))).toEqual([403, 'AccessDenied']);
    plane.decide = async () => allowed;
    plane.principal = stranger;
    expect(codeOf(await deleteBucket('guarded'))).toEqual([403, 'AccessDenied']);
    plane.principal = owner;
    expect((await deleteBucket('guarded')).status).toBe(204);
  });

  it('lets nothing that was on its way into it be stored, nor in a bucket of another account by that name', async () => {
    for (const successor of [undefined, stranger]) {
      await putBucket('vanishing');
      const request = signed(plane, { method: 'PUT', bucket: 'vanishing', key: 'late' });
      const slow = slowPut(request);
      await slow.begun;
      plane.principal = owner;
      expect((await deleteBucket('vanishing')).status).toBe(204);
      if (successor) {
        plane.principal = successor;
        await putBucket('vanishing');
      }
      expect((await slow.finish()).code).toBe('NoSuchBucket');
      const left = await plane.db.selectFrom('objects').selectAll().where('bucket', '=', 'vanishing').execute();
      expect(left).toEqual([]);
      if (successor) await deleteBucket('vanishing');
      plane.principal = owner;
    }
  });

  it('lets no form that was on its way into it be stored in a bucket of another account by that name', async () => {
    await putBucket('vanishing');
    const slow = await slowForm('vanishing');
    expect((await deleteBucket('vanishing')).status).toBe(204);
    plane.principal = stranger;
    await putBucket('vanishing');
    expect(await slow.finish()).toEqual([404, 'NoSuchBucket']);
    expect(await plane.db.selectFrom('objects').selectAll().where('bucket', '=', 'vanishing').execute()).toEqual([]);
    expect((await deleteBucket('vanishing')).status).toBe(204);
  });

  it('and a flood of puts never leave an object without its bucket', async () => {
    for (let round = 0; round < 10; round++) {
      await putBucket('raced');
      const puts = Array.from({ length: 8 }, (_, i) =>
        send(plane, { method: 'PUT', bucket: 'raced', key: `k${i}`, body: 'x' }),
      );
      const starts = Array.from({ length: 4 }, (_, i) =>
        send(plane, { method: 'POST', bucket: 'raced', key: `u${i}`, query: [['uploads', '']], body: '' }),
      );
      const [deleted, ...rest] = await Promise.all([deleteBucket('raced'), ...puts, ...starts]);
      const codes = rest.map(({ status }) => status);
      expect(codes.every((status) => status === 200 || status === 404)).toBe(true);
      const bucket = await plane.db.selectFrom('buckets').selectAll().where('bucket', '=', 'raced').execute();
      const kept = codes.filter((status) => status === 200).length;
      if (deleted?.status === 204) expect([bucket.length, kept]).toEqual([0, 0]);
      else expect(deleted?.status).toBe(409);
      await plane.db.deleteFrom('objects').where('bucket', '=', 'raced').execute();
      await plane.db.deleteFrom('uploads').where('bucket', '=', 'raced').execute();
      await plane.db.deleteFrom('buckets').where('bucket', '=', 'raced').execute();
    }
  });
});

/** Begins a form, and resolves when its file is wanted: permission was given. */
async function slowForm(bucket: string) {
  const fields = { key: 'late', ...signFormV1({ at: plane.clock.ms }) };
  const { body, contentType } = formBody({ fields, file: 'xx' });
  const begun = plane.putsBegun();
  const req = httpRequest({
    host: '127.0.0.1',
    port: plane.port,
    method: 'POST',
    path: '/',
    agent: false,
    headers: { host: `${bucket}.oss.localhost`, 'content-type': contentType, 'content-length': body.length },
  });
  const answered = new Promise<[number, string]>((resolve, reject) => {
    req.on('response', (res) => readReply(res).then(({ status, xml }) => resolve([status, xml('Code') ?? '']), reject));
    req.on('error', reject);
  });
  req.write(body.subarray(0, -10));
  await expect.poll(() => plane.putsBegun()).toBe(begun + 1);
  return {
    finish() {
      req.end(body.subarray(-10));
      return answered;
    },
  };
}

/** Begins a PUT and lets it be finished later. */
function slowPut({ path, headers }: ReturnType<typeof signed>) {
  const req = httpRequest({
    host: '127.0.0.1',
    port: plane.port,
    method: 'PUT',
    path,
    agent: false,
    headers: { ...headers, 'content-length': '2', expect: '100-continue' },
  });
  const answered = new Promise<string>((resolve, reject) => {
    req.on('response', (res) => readReply(res).then(({ xml }) => resolve(xml('Code') ?? ''), reject));
    req.on('error', reject);
  });
  const begun = new Promise<void>((resolve) => req.on('continue', () => resolve()));
  req.flushHeaders();
  return {
    /** The body is wanted: permission was given, and the bucket was there. */
    begun,
    async finish() {
      req.end('xx');
      return { code: await answered };
    },
  };
}

describe('the ACL of an object', () => {
  const anonymous = (key: string, method = 'GET') => send(plane, { method, key, sign: 'none' });
  const putAcl = (key: string, acl?: string) =>
    send(plane, {
      method: 'PUT',
      key,
      query: [['acl', '']],
      headers: acl === undefined ? {} : { 'x-oss-object-acl': acl },
    });
  const setBucketAcl = (acl: 'private' | 'public-read') =>
    plane.db.updateTable('buckets').set({ acl }).where('bucket', '=', BUCKET).execute();

  it('opens one object of a private bucket to everybody, for reading', async () => {
    await put(plane, 'open', 'x', { 'x-oss-object-acl': 'public-read' });
    await put(plane, 'shut', 'x');
    expect((await anonymous('open')).body.toString()).toBe('x');
    expect((await anonymous('open', 'HEAD')).status).toBe(200);
    expect(codeOf(await anonymous('shut'))).toEqual([403, 'AccessDenied']);
    expect(codeOf(await anonymous('no-such-key'))).toEqual([403, 'AccessDenied']);
    plane.principal = stranger;
    expect((await send(plane, { key: 'open' })).status).toBe(200);
    for (const method of ['PUT', 'DELETE']) {
      expect((await send(plane, { method, key: 'open', ...(method === 'PUT' ? { body: 'y' } : {}) })).status).toBe(403);
      expect((await anonymous('open', method)).status).toBe(403);
    }
  });

  it('shuts one object of an open bucket', async () => {
    await setBucketAcl('public-read');
    try {
      await put(plane, 'secret', 'x', { 'x-oss-object-acl': 'private' });
      await put(plane, 'usual', 'x', { 'x-oss-object-acl': 'default' });
      expect((await anonymous('secret')).status).toBe(403);
      expect((await anonymous('usual')).status).toBe(200);
      expect((await anonymous('no-such-key')).status).toBe(404);
      plane.principal = stranger;
      expect((await send(plane, { key: 'secret' })).status).toBe(403);
    } finally {
      await setBucketAcl('private');
    }
  });

  it('is set, read, and lost with the object', async () => {
    await put(plane, 'k', 'x');
    expect((await send(plane, { key: 'k', query: [['acl', '']] })).xml('Grant')).toBe('default');
    expect((await putAcl('k', 'public-read')).status).toBe(200);
    expect((await send(plane, { key: 'k', query: [['acl', '']] })).xml('Grant')).toBe('public-read');
    await put(plane, 'k', 'y');
    expect((await anonymous('k')).status).toBe(403);
    expect(codeOf(await putAcl('no-such-key', 'private'))).toEqual([404, 'NoSuchKey']);
    expect(codeOf(await send(plane, { key: 'no-such-key', query: [['acl', '']] }))).toEqual([404, 'NoSuchKey']);
    expect(codeOf(await putAcl('k', 'open'))).toEqual([400, 'InvalidArgument']);
    expect(codeOf(await putAcl('k'))).toEqual([400, 'MissingArgument']);
  });

  it('given to Initiate is that of the whole object', async () => {
    const uploadId = await initiate(plane, 'whole', { 'x-oss-object-acl': 'public-read' });
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const;
    const part = await send(plane, { method: 'PUT', key: 'whole', query, body: 'x' });
    const body = `<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>${part.headers.etag}</ETag></Part></CompleteMultipartUpload>`;
    await send(plane, { method: 'POST', key: 'whole', query: [['uploadId', uploadId]], body });
    expect((await anonymous('whole')).body.toString()).toBe('x');
  });

  it('is a permission of its own where it opens', async () => {
    plane.decide = async (_, { action }) => (action === 'oss:PutObjectAcl' ? refused : allowed);
    expect(codeOf(await put(plane, 'p', 'x', { 'x-oss-object-acl': 'public-read' }))).toEqual([403, 'AccessDenied']);
    expect((await put(plane, 'p', 'x', { 'x-oss-object-acl': 'private' })).status).toBe(200);
    expect(codeOf(await putAcl('p', 'public-read'))).toEqual([403, 'AccessDenied']);
    expect(codeOf(await put(plane, 'p', 'x', { 'x-oss-object-acl': 'open' }))).toEqual([400, 'InvalidArgument']);
  });

  it('gives way to an explicit denial', async () => {
    await put(plane, 'open', 'x', { 'x-oss-object-acl': 'public-read' });
    plane.decide = async () => ({ ...refused, noPermissionType: 'ExplicitDeny' });
    expect((await send(plane, { key: 'open' })).status).toBe(403);
    plane.decide = async () => refused;
    expect((await send(plane, { key: 'open' })).status).toBe(200);
  });
});
