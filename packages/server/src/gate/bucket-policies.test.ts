/** Policies of buckets on the whole gate: real keys, tokens and policies, on the data plane. Reference: ram-sts 3.4, 3.7. */
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type BucketRoom, bucketRoom, OTHER_ACCOUNT, says } from '../testing/bucket-room.js';
import { allow, deny, uploadAddressOf, uploadAuthOf } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

let at: BucketRoom;
let objects: string;
let count = 0;
beforeAll(async () => {
  at = await bucketRoom();
  objects = `${at.name}/*`;
  for (const key of ['pub/a', 'own/a']) expect(await at.tried(at.root, put(key))).toEqual([200]);
});
afterEach(async () => {
  expect(await at.deletePolicy()).toEqual([204]);
});
afterAll(() => at.close());

const put = (key: string) => ({ method: 'PUT', key, body: 'content' });
const user = (...statements: Parameters<BucketRoom['room']['user']>[1][]) => at.room.user(`u${++count}`, ...statements);
const BY_BUCKET = [403, 'AccessDenied', 'Access denied by bucket policy.'];
const BY_SESSION = [403, 'AccessDenied', 'Access denied by authorizer&apos;s policy.'];
const REFUSED = [403, 'AccessDenied', 'You have no right to access this object because of bucket acl.'];

describe('a user of the account', () => {
  test('46 may what the bucket policy alone allows, from the next request on and until it is gone', async () => {
    const alice = await user();
    expect(await at.tried(alice, put('k'))).toEqual(REFUSED);
    await at.setPolicy(says('Allow', [alice.userId], 'oss:PutObject', `${at.name}/k`));
    expect(await at.tried(alice, put('k'))).toEqual([200]);
    expect(await at.tried(alice, put('k2'))).toEqual(REFUSED);
    expect(await at.tried(alice, { key: 'k' })).toEqual(REFUSED);
    expect(await at.tried(await user(), put('k'))).toEqual(REFUSED);
    await at.deletePolicy();
    expect(await at.tried(alice, put('k'))).toEqual(REFUSED);
  });

  test('47 may not what the bucket policy denies, whatever the identity is allowed', async () => {
    const alice = await user(allow('oss:*'));
    await at.setPolicy(says('Deny', [alice.userId], ['oss:PutObject', 'oss:List*'], [at.name, `${at.name}/own/*`]));
    const refused = await at.as(alice, put('own/a'));
    expect([refused.status, refused.xml('Message'), refused.xml('EC')]).toEqual([403, BY_BUCKET[2], '0003-00000101']);
    expect(await at.tried(alice, {})).toEqual(BY_BUCKET);
    expect(await at.tried(alice, put('pub/b'))).toEqual([200]);
    expect(await at.tried(await user(allow('oss:*')), put('own/a'))).toEqual([200]);
  });

  test('is refused by an own Deny, whatever the bucket policy allows', async () => {
    const alice = await user(deny('oss:PutObject'));
    await at.setPolicy(says('Allow', [alice.userId], 'oss:*', [at.name, objects]));
    expect(await at.tried(alice, put('k'))).toEqual(REFUSED);
    expect(await at.tried(alice, { key: 'own/a' })).toEqual([200]);
  });

  test('is not meant by the id of the account', async () => {
    await at.setPolicy(says('Allow', [at.room.accountId], 'oss:*', objects));
    expect(await at.tried(await user(), { key: 'own/a' })).toEqual(REFUSED);
  });

  test('is asked for conditions, those of listings too', async () => {
    const alice = await user();
    await at.setPolicy(
      says('Allow', [alice.userId], 'oss:ListObjects', at.name, { StringLike: { 'oss:Prefix': 'own/*' } }),
      says('Allow', [alice.userId], 'oss:GetObject', objects, { IpAddress: { 'acs:SourceIp': '198.51.100.0/24' } }),
    );
    expect(await at.tried(alice, { query: [['prefix', 'own/']] })).toEqual([200]);
    expect(await at.tried(alice, { query: [['prefix', 'pub/']] })).toEqual(REFUSED);
    expect(await at.tried(alice, { key: 'own/a' })).toEqual(REFUSED);
  });
});

describe('a session of a role', () => {
  test('is named with its role or by itself', async () => {
    const role = await at.role('files');
    const [one, two] = [await role.session('one'), await role.session('two')];
    await at.setPolicy(
      says('Allow', [role.principal('*')], 'oss:GetObject', objects),
      says('Allow', [role.principal('one')], 'oss:PutObject', objects),
    );
    for (const session of [one, two]) expect(await at.tried(session, { key: 'own/a' })).toEqual([200]);
    expect(await at.tried(one, put('k'))).toEqual([200]);
    expect(await at.tried(two, put('k'))).toEqual(REFUSED);
    const other = await at.role('other-files');
    expect(await at.tried(await other.session('one'), { key: 'own/a' })).toEqual(REFUSED);
  });

  test.each(['*', 'cut'])('is held by its session policy, though the bucket policy names %s', async (name) => {
    const role = await at.role(`cut${++count}`, allow('oss:*'));
    const cut = await role.session('cut', allow('oss:GetObject', `${at.name}/pub/*`));
    await at.setPolicy(says('Allow', [role.principal(name)], 'oss:*', objects));
    expect(await at.tried(cut, { key: 'pub/a' })).toEqual([200]);
    expect(await at.tried(cut, { key: 'own/a' })).toEqual(BY_SESSION);
    expect(await at.tried(cut, put('pub/a'))).toEqual(BY_SESSION);
  });
});

describe('another account', () => {
  test('is let in by the bucket policy alone: own permissions do not reach there', async () => {
    const [bob, eve] = [await at.stranger(`s${++count}`), await at.stranger(`s${++count}`, allow('oss:*'))];
    const root = await at.otherRoot();
    for (const who of [bob, eve, root]) expect(await at.tried(who, { key: 'own/a' })).toEqual(REFUSED);
    await at.setPolicy(says('Allow', [bob.userId], ['oss:GetObject', 'oss:PutObject'], objects));
    expect(await at.tried(bob, { key: 'own/a' })).toEqual([200]);
    expect(await at.tried(bob, put('from-bob'))).toEqual([200]);
    expect(await at.tried(bob, { method: 'DELETE', key: 'own/a' })).toEqual(REFUSED);
    for (const who of [eve, root]) expect(await at.tried(who, { key: 'own/a' })).toEqual(REFUSED);
    await at.setPolicy(says('Allow', [OTHER_ACCOUNT], 'oss:GetObject', objects));
    expect(await at.tried(root, { key: 'own/a' })).toEqual([200]);
    for (const who of [bob, eve]) expect(await at.tried(who, { key: 'own/a' })).toEqual(REFUSED);
  });

  test('holds its users back with a Deny of its own', async () => {
    const bob = await at.stranger(`s${++count}`, deny('oss:PutObject'));
    await at.setPolicy(says('Allow', [bob.userId], ['oss:GetObject', 'oss:PutObject'], objects));
    expect(await at.tried(bob, { key: 'own/a' })).toEqual([200]);
    expect(await at.tried(bob, put('k'))).toEqual(REFUSED);
  });

  test('copies from where it may read', async () => {
    const bob = await at.stranger(`s${++count}`, allow('oss:*'));
    const bucket = `copies-${count}`;
    expect(await at.tried(bob, { method: 'PUT', bucket, body: '' })).toEqual([200]);
    const copy = { method: 'PUT', bucket, key: 'c', headers: { 'x-oss-copy-source': `/${at.bucket}/own/a` }, body: '' };
    expect((await at.tried(bob, copy))[0]).toBe(403);
    await at.setPolicy(says('Allow', [bob.userId], ['oss:GetObject', 'oss:GetObjectTagging'], `${at.name}/own/*`));
    expect(await at.tried(bob, copy)).toEqual([200]);
  });
});

describe('everybody', () => {
  test('reads and lists what is opened, and writes nothing', async () => {
    const prefix = { StringLike: { 'oss:Prefix': 'pub/*' } };
    await at.setPolicy(
      says('Allow', '*', 'oss:GetObject', `${at.name}/pub/*`),
      says('Allow', '*', 'oss:ListObjects', at.name, prefix),
    );
    const bob = await at.stranger(`s${++count}`);
    for (const who of [undefined, bob, await user()]) {
      expect(await at.tried(who, { key: 'pub/a' })).toEqual([200]);
      expect(await at.tried(who, { method: 'HEAD', key: 'pub/a' })).toEqual([200]);
      expect(await at.tried(who, { query: [['prefix', 'pub/']] })).toEqual([200]);
      expect(await at.tried(who, {})).toEqual(REFUSED);
      expect(await at.tried(who, { key: 'own/a' })).toEqual(REFUSED);
      expect(await at.tried(who, put('pub/a'))).toEqual(REFUSED);
      expect(await at.tried(who, { method: 'DELETE', key: 'pub/a' })).toEqual(REFUSED);
    }
  });

  test('is refused what an ACL would open', async () => {
    await at.tried(at.root, { ...put('own/open'), headers: { 'x-oss-object-acl': 'public-read' } });
    expect(await at.tried(undefined, { key: 'own/open' })).toEqual([200]);
    await at.setPolicy(says('Deny', '*', 'oss:GetObject', `${at.name}/own/*`));
    for (const who of [undefined, await at.stranger(`s${++count}`), await user(allow('oss:*'))]) {
      expect(await at.tried(who, { key: 'own/open' })).toEqual(BY_BUCKET);
    }
    // Without a condition "*" is not about the owner.
    expect(await at.tried(at.root, { key: 'own/open' })).toEqual([200]);
  });
});

describe('the account that owns the bucket', () => {
  const locked = () => says('Deny', '*', 'oss:*', [at.name, objects], { Bool: { 'acs:SecureTransport': 'false' } });

  test('is bound by conditions and by its own id, and can always mend the policy', async () => {
    for (const statement of [locked(), says('Deny', [at.room.accountId], '*', '*')]) {
      await at.setPolicy(statement);
      expect(await at.tried(at.root, { key: 'own/a' })).toEqual(BY_BUCKET);
      expect(await at.tried(at.root, { query: [['policy', '']] })).toEqual([200]);
      expect(await at.tried(at.root, { query: [['policyStatus', '']] })).toEqual([200]);
      expect(await at.putPolicy(at.root, statement)).toEqual([200]);
      expect(await at.deletePolicy()).toEqual([204]);
      expect(await at.tried(at.root, { key: 'own/a' })).toEqual([200]);
    }
  });

  test('its users are not spared', async () => {
    const admin = await user(allow('*'));
    await at.setPolicy(locked());
    expect(await at.tried(admin, { method: 'DELETE', query: [['policy', '']] })).toEqual(BY_BUCKET);
  });
});

test('an upload grant is held by a Deny for everybody, and widened by nothing', async () => {
  const created = await at.room.call(at.room.appServer, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
  const auth = uploadAuthOf(created);
  const { FileName: key } = uploadAddressOf(created);
  const grant: Keys = {
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    securityToken: auth.SecurityToken,
  };
  const { bucket } = at.room.installation;
  const name = `acs:oss:*:*:${bucket}`;
  const set = (...Statement: object[]) =>
    at.tried(at.root, {
      method: 'PUT',
      bucket,
      query: [['policy', '']],
      body: JSON.stringify({ Version: '1', Statement }),
    });
  expect(await set(says('Deny', '*', 'oss:PutObject', `${name}/*`))).toEqual([200]);
  expect(await at.tried(grant, { ...put(key), bucket })).toEqual(BY_BUCKET);
  expect(await set(says('Allow', '*', ['oss:GetObject', 'oss:ListObjects'], [name, `${name}/*`]))).toEqual([200]);
  expect(await at.tried(grant, { ...put(key), bucket })).toEqual([200]);
  expect(await at.tried(grant, { bucket, key })).toEqual(REFUSED);
  expect(await at.tried(grant, { bucket })).toEqual(REFUSED);
});

test('a bucket that is made anew has none', async () => {
  const bucket = 'made-anew';
  const ask = { bucket, query: [['policy', '']] } as const;
  const body = JSON.stringify({ Version: '1', Statement: [says('Allow', '*', 'oss:GetObject', '*')] });
  expect(await at.tried(at.root, { method: 'PUT', bucket, body: '' })).toEqual([200]);
  expect(await at.tried(at.root, { ...ask, method: 'PUT', body })).toEqual([200]);
  expect((await at.as(at.root, ask)).body.toString()).toBe(body);
  expect(await at.tried(at.root, { method: 'DELETE', bucket })).toEqual([204]);
  expect(await at.tried(at.root, { method: 'PUT', bucket, body: '' })).toEqual([200]);
  expect((await at.tried(at.root, ask)).slice(0, 2)).toEqual([404, 'NoSuchBucketPolicy']);
});

/** The parts of the official client that are used here; the package has no types of its own. */
interface AliOss {
  putBucketPolicy(name: string, policy: object): Promise<{ status: number }>;
  getBucketPolicy(name: string): Promise<{ policy: object | null; status: number }>;
  deleteBucketPolicy(name: string): Promise<{ status: number }>;
  put(key: string, body: Buffer): Promise<{ res: { status: number } }>;
  get(key: string): Promise<{ content: Buffer }>;
}
const OSS = createRequire(import.meta.url)('ali-oss') as new (options: object) => AliOss;

describe.each([
  ['V1', {}],
  ['V4', { authorizationV4: true }],
])('ali-oss 6.23, %s', (_, options) => {
  const connect = (keys: Keys) =>
    new OSS({
      endpoint: `http://127.0.0.1:${at.plane.port}`,
      region: 'oss-cn-shanghai',
      bucket: at.bucket,
      accessKeyId: keys.accessKeyId,
      accessKeySecret: keys.accessKeySecret,
      ...(keys.securityToken === undefined ? {} : { stsToken: keys.securityToken }),
      sldEnable: true,
      ...options,
    });

  test('puts, gets and deletes a policy, and a session works by it', async () => {
    const admin = connect(await user(allow('oss:*BucketPolicy', at.name)));
    const role = await at.role(`ali${++count}`);
    const session = connect(await role.session('ali'));
    // The client takes a 404 for an answer here.
    expect(await admin.getBucketPolicy(at.bucket)).toMatchObject({ policy: null, status: 404 });
    await expect(session.put('ali', Buffer.from('x'))).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
    const policy = {
      Version: '1',
      Statement: [says('Allow', [role.principal('*')], ['oss:PutObject', 'oss:GetObject'], [objects])],
    };
    expect(await admin.putBucketPolicy(at.bucket, policy)).toMatchObject({ status: 200 });
    expect(await admin.getBucketPolicy(at.bucket)).toMatchObject({ status: 200, policy });
    expect((await session.put('ali', Buffer.from('by policy'))).res.status).toBe(200);
    expect((await session.get('ali')).content.toString()).toBe('by policy');
    await expect(admin.putBucketPolicy(at.bucket, { ...policy, Version: 1 })).rejects.toMatchObject({
      code: 'InvalidPolicyDocument',
      status: 400,
    });
    expect(await admin.deleteBucketPolicy(at.bucket)).toMatchObject({ status: 204 });
    await expect(session.get('ali')).rejects.toMatchObject({ code: 'AccessDenied', status: 403 });
  });
});
