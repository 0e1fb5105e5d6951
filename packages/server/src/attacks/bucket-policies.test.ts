/** Ways to more rights through the policy of a bucket. All of it on the whole gate and the whole data plane. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { setBucketPolicy } from '../oss/catalog/buckets.js';
import { raw, signed } from '../oss/testing/client.js';
import { postForm } from '../oss/testing/form.js';
import { type BucketRoom, bucketRoom, OTHER_ACCOUNT, says } from '../testing/bucket-room.js';
import { allow, policyOf } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

let at: BucketRoom;
let objects: string;
let count = 0;
beforeAll(async () => {
  at = await bucketRoom();
  objects = `${at.name}/*`;
  expect(await at.tried(at.root, { method: 'PUT', key: 'k', body: 'content' })).toEqual([200]);
});
afterEach(() => at.deletePolicy());
afterAll(() => at.close());

const POLICY = { query: [['policy', '']] } as const;
const user = (...statements: Parameters<BucketRoom['room']['user']>[1][]) => at.room.user(`u${++count}`, ...statements);
const stored = async () =>
  (await at.room.db.selectFrom('buckets').select('policy').where('bucket', '=', at.bucket).executeTakeFirstOrThrow())
    .policy;
/** @returns the statuses of writing and of deleting it */
async function rewrite(keys: Keys | undefined): Promise<readonly number[]> {
  const before = await stored();
  const open = policyOf(says('Allow', '*', 'oss:GetObject', objects));
  const statuses = [
    (await at.as(keys, { ...POLICY, method: 'PUT', body: open })).status,
    (await at.as(keys, { ...POLICY, method: 'DELETE' })).status,
  ];
  expect(await stored()).toBe(before);
  return statuses;
}

describe('writing the policy', () => {
  test('is given by no bucket policy, be it to everything in it', async () => {
    const alice = await user();
    const bob = await at.stranger(`s${++count}`, allow('oss:*'));
    const role = await at.role(`r${++count}`);
    const session = await role.session('session');
    const all = [alice.userId, bob.userId, role.principal('*'), OTHER_ACCOUNT];
    for (const action of ['*', 'oss:*', 'oss:PutBucketPolicy', 'oss:DeleteBucketPolicy', 'oss:*BucketPolicy']) {
      await at.setPolicy(says('Allow', all, [action, 'oss:GetBucketPolicy'], [at.name, objects]));
      for (const keys of [alice, bob, session, await at.otherRoot(), undefined]) {
        expect(await rewrite(keys), action).toEqual([403, 403]);
      }
      // Reading it may be given.
      for (const keys of [alice, bob, session]) expect((await at.as(keys, POLICY)).status).toBe(200);
      expect((await at.as(undefined, POLICY)).status).toBe(403);
    }
  });

  test('takes the permission of the identity, on this bucket, and of the session policy', async () => {
    const elsewhere = await user(allow('oss:*', 'acs:oss:*:*:other'), allow('oss:*', objects));
    const editor = await user(allow('oss:*Object*', objects), allow('oss:PutBucketAcl'));
    const role = await at.role(`r${++count}`, allow('oss:*'));
    const uploader = await role.session('uploader', allow(['oss:PutObject', 'oss:GetBucketPolicy']));
    for (const keys of [elsewhere, editor, uploader, at.room.appServer])
      expect(await rewrite(keys)).toEqual([403, 403]);
    const permitted = await user(allow('oss:PutBucketPolicy', at.name));
    expect(await at.putPolicy(permitted, says('Deny', '*', 'oss:DeleteObject', objects))).toEqual([200]);
  });

  test('of a bucket that was deleted meanwhile, and made anew by another account, changes nothing', async () => {
    const { db } = at.room;
    await at.setPolicy(says('Deny', '*', 'oss:DeleteObject', objects));
    const before = await stored();
    for (const policy of [null, policyOf(says('Allow', '*', 'oss:GetObject', '*'))]) {
      await db.transaction().execute((one) => setBucketPolicy(one, { bucket: at.bucket, account_id: '1' }, policy));
    }
    expect(await stored()).toBe(before);
  });

  test('is nothing that an unsigned parameter turns another request into', async () => {
    const body = policyOf(says('Allow', '*', 'oss:GetObject', objects));
    const keys = { bucket: at.bucket, accessKeyId: at.root.accessKeyId, secret: at.root.accessKeySecret };
    for (const sign of ['v1', 'v4'] as const) {
      for (const [method, name] of [
        ['PUT', 'policy'],
        ['DELETE', 'policy'],
        ['GET', 'policy'],
        ['GET', 'policyStatus'],
      ] as const) {
        const { headers, path } = signed(at.plane, { ...keys, method, sign });
        const reply = await raw(at.plane, { method, path: `${path}?${name}`, headers, body });
        expect([reply.status, reply.xml('Code')], `${sign} ${method} ${name}`).toEqual([403, 'SignatureDoesNotMatch']);
      }
    }
    expect(await stored()).toBeNull();
  });
});

describe('a policy that says more than may be written', () => {
  test('lets nobody write without a signature', async () => {
    await at.forcePolicy(says('Allow', '*', '*', '*'));
    const writes = [
      { method: 'PUT', key: 'k', body: 'theirs' },
      { method: 'DELETE', key: 'k' },
      { method: 'POST', key: 'k', query: [['uploads', '']] },
      {
        method: 'POST',
        key: 'k',
        query: [
          ['append', ''],
          ['position', '0'],
        ],
        body: 'x',
      },
      { method: 'PUT', key: 'c', headers: { 'x-oss-copy-source': `/${at.bucket}/k` }, body: '' },
      { method: 'PUT', key: 'k', query: [['acl', '']], headers: { 'x-oss-object-acl': 'public-read' } },
      { method: 'PUT', key: 'k', query: [['tagging', '']], body: '<Tagging><TagSet/></Tagging>' },
      { method: 'PUT', query: [['acl', '']], headers: { 'x-oss-acl': 'public-read' } },
      { method: 'PUT', query: [['cors', '']], body: '<x/>' },
      { method: 'DELETE' },
      { method: 'PUT', ...POLICY, body: '{}' },
      { method: 'DELETE', ...POLICY },
      { ...POLICY },
      { query: [['acl', '']] },
      { query: [['uploads', '']] },
    ] as const;
    for (const ask of writes) {
      const reply = await at.as(undefined, ask);
      expect([reply.status, reply.xml('Code')], JSON.stringify(ask)).toEqual([403, 'AccessDenied']);
    }
    const form = await postForm(at.plane, { host: `${at.bucket}.oss.localhost`, fields: { key: 'k' }, file: 'theirs' });
    expect(form.status).toBe(403);
    expect((await at.as(at.root, { key: 'k' })).body.toString()).toBe('content');
    // What it opens for reading is what it says.
    expect((await at.as(undefined, { key: 'k' })).status).toBe(200);
  });

  test('and cannot be read closes the bucket to all but who can mend it', async () => {
    await at.room.db.updateTable('buckets').set({ policy: '{' }).where('bucket', '=', at.bucket).execute();
    const admin = await user(allow('*'));
    for (const keys of [admin, at.root, undefined, await at.stranger(`s${++count}`)]) {
      expect((await at.as(keys, { key: 'k' })).status).toBe(500);
    }
    expect(await at.deletePolicy()).toEqual([204]);
    expect((await at.as(at.root, { key: 'k' })).status).toBe(200);
  });
});

describe('names that look alike', () => {
  test('are other names: ids of roles and of the account, parts of ids, parts of names', async () => {
    const alice = await user();
    const role = await at.role(`r${++count}`);
    const session = await role.session('session');
    const roleId = (
      await at.room.db
        .selectFrom('roles')
        .select('role_id')
        .where('role_name', '=', `r${count}`)
        .executeTakeFirstOrThrow()
    ).role_id;
    await at.setPolicy(
      says('Allow', [roleId, `${alice.userId}0`, alice.userId.slice(1), at.room.accountId], 'oss:GetObject', objects),
      says('Allow', ['arn:sts::*:assumed-role/alice/*', role.principal('sess')], 'oss:GetObject', objects),
    );
    for (const keys of [alice, session]) expect((await at.as(keys, { key: 'k' })).status).toBe(403);
  });

  test('a role of another account that is called the same is another role', async () => {
    const role = await at.role(`r${++count}`);
    await at.setPolicy(
      says('Allow', [role.principal('*').replace(at.room.accountId, OTHER_ACCOUNT)], 'oss:GetObject', objects),
    );
    expect((await at.as(await role.session('session'), { key: 'k' })).status).toBe(403);
  });

  test('a Deny for one prefix leaves no other spelling of it', async () => {
    const alice = await user(allow('oss:*'));
    await at.setPolicy(says('Deny', [alice.userId], 'oss:PutObject', `${at.name}/closed/*`));
    const write = async (key: string) => (await at.as(alice, { method: 'PUT', key, body: 'x' })).status;
    expect(await write('closed/a')).toBe(403);
    // These are other objects, and stay that.
    for (const key of ['Closed/a', './closed/a', 'x/../closed/a', 'closed%2Fa', 'closed\\a']) {
      expect(await write(key), key).toBe(200);
      expect((await at.as(at.root, { key: 'closed/a' })).status).toBe(404);
    }
    // Nor does a copy, an append or an upload in parts go around it.
    const around = [
      { method: 'PUT', key: 'closed/a', headers: { 'x-oss-copy-source': `/${at.bucket}/k` }, body: '' },
      { method: 'POST', key: 'closed/a', query: [['uploads', '']] },
      {
        method: 'POST',
        key: 'closed/a',
        query: [
          ['append', ''],
          ['position', '0'],
        ],
        body: 'x',
      },
    ] as const;
    for (const ask of around) expect((await at.as(alice, ask)).status).toBe(403);
  });
});

test('one key of many that the policy denies refuses the whole DeleteMultipleObjects', async () => {
  const alice = await user(allow('oss:*'));
  await at.setPolicy(says('Deny', [alice.userId], 'oss:DeleteObject', `${at.name}/kept`));
  const body = '<Delete><Object><Key>k</Key></Object><Object><Key>kept</Key></Object></Delete>';
  const md5 = createHash('md5').update(body).digest('base64');
  const reply = await at.as(alice, { method: 'POST', query: [['delete', '']], headers: { 'content-md5': md5 }, body });
  expect(reply.status).toBe(403);
  expect((await at.as(at.root, { key: 'k' })).status).toBe(200);
});
