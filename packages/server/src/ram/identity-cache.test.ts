import fc from 'fast-check';
import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { transact } from '../db/transact.js';
import { type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';
import { rolePrincipal, userPrincipal } from './attachments.js';
import { identityChanges } from './identity-cache.js';
import { identityStore } from './identity-store.js';

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

type Params = Readonly<Record<string, string>>;

/** Every identity there is, asked with the cache and without. */
async function bothAnswers(): Promise<[unknown[], unknown[]]> {
  const { db, accountId } = room;
  const [users, roles, keys] = await Promise.all([
    db.selectFrom('users').select('user_id').orderBy('user_id').execute(),
    db.selectFrom('roles').select(['role_id', 'role_name']).orderBy('role_id').execute(),
    db.selectFrom('access_keys').select('access_key_id').orderBy('access_key_id').execute(),
  ]);
  const gone = ['role-0', 'role-1'];
  const ask = async (store: ControlRoom['store']) => {
    const answers: unknown[] = [];
    for (const { access_key_id } of keys) answers.push(await store.findAccessKey(access_key_id));
    for (const { role_id } of roles) answers.push(await store.findRoleById(role_id));
    for (const name of [...gone, ...roles.map(({ role_name }) => role_name)])
      answers.push((await store.findRole(accountId, name)) ?? null);
    for (const principal of [
      ...users.map(({ user_id }) => userPrincipal(user_id)),
      ...roles.map(({ role_id }) => rolePrincipal(role_id)),
    ]) {
      const policies = await store.attachedPolicies(principal);
      answers.push(policies.map(({ name, document }) => `${name} ${document}`).sort());
    }
    return answers;
  };
  return [await ask(room.store), await ask(room.uncached)];
}

const document = (n: number) => policyOf({ Effect: n % 2 ? 'Allow' : 'Deny', Action: `oss:Action${n}`, Resource: '*' });

/** Calls of RAM that change what somebody may do, with few names, so that they meet. Many are refused, as they should be. */
const call = fc
  .tuple(
    fc.constantFrom(
      'CreateUser UpdateUser DeleteUser CreateGroup UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup CreateRole UpdateRole DeleteRole CreatePolicy CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy AttachPolicyToUser DetachPolicyFromUser AttachPolicyToGroup DetachPolicyFromGroup AttachPolicyToRole DetachPolicyFromRole CreateAccessKey UpdateAccessKey DeleteAccessKey'.split(
        ' ',
      ),
      'AddUserToGroup AttachPolicyToUser AttachPolicyToGroup AttachPolicyToRole CreatePolicyVersion SetDefaultPolicyVersion CreateAccessKey UpdateAccessKey'.split(
        ' ',
      ),
    ),
    fc.nat(),
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 1 }),
    fc.integer({ min: 0, max: 9 }),
  )
  .map(([names, which, one, other, n]) => {
    const action = names[which % names.length] as string;
    const params: Params = {
      UserName: `user-${one}`,
      NewUserName: `user-${other}`,
      GroupName: `group-${one}`,
      NewGroupName: `group-${other}`,
      RoleName: `role-${one}`,
      PolicyName: `policy-${other}`,
      PolicyType: 'Custom',
      PolicyDocument: document(n),
      AssumeRolePolicyDocument: trusting('acs:ram::1:root'),
      NewAssumeRolePolicyDocument: trusting(`acs:ram::${n + 1}:root`),
      SetAsDefault: String(n > 4),
      VersionId: `v${1 + (n % 5)}`,
      CascadingDelete: String(n > 6),
      Status: n % 2 ? 'Active' : 'Inactive',
    };
    return { action, params, n };
  });

async function seed(): Promise<void> {
  for (const i of [0, 1]) {
    const policy = { PolicyName: `policy-${i}`, PolicyType: 'Custom' };
    const role = { RoleName: `role-${i}`, AssumeRolePolicyDocument: trusting('acs:ram::1:root') };
    const calls: [string, Params][] = [
      ['CreateUser', { UserName: `user-${i}` }],
      ['CreateGroup', { GroupName: `group-${i}` }],
      ['CreateRole', role],
      ['CreatePolicy', { ...policy, PolicyDocument: document(i) }],
      ['AttachPolicyToGroup', { ...policy, GroupName: `group-${i}` }],
      ['AddUserToGroup', { UserName: `user-${i}`, GroupName: `group-${i}` }],
    ];
    for (const [action, params] of calls) expect((await room.call(root, action, params)).status).toBe(200);
  }
}

async function perform({ action, params, n }: { action: string; params: Params; n: number }): Promise<number> {
  // A key that is there, if there is one.
  const { AccessKeys } = (await room.call(root, 'ListAccessKeys', { UserName: String(params.UserName) })).body as {
    AccessKeys?: { AccessKey: { AccessKeyId: string }[] };
  };
  const keys = AccessKeys?.AccessKey ?? [];
  const UserAccessKeyId = keys[n % Math.max(1, keys.length)]?.AccessKeyId ?? 'none';
  // So that RAM does not throttle.
  room.clock.advance(20);
  return (await room.call(root, action, { ...params, UserAccessKeyId })).status;
}

describe('the cache of identities', () => {
  test('answers as the database does after every change of RAM', async () => {
    let done = 0;
    await seed();
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 10, maxLength: 20 }), async (calls) => {
        for (const each of calls) {
          if ((await perform(each)) === 200) done++;
          const [cached, stored] = await bothAnswers();
          expect(cached).toEqual(stored);
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
    expect(done).toBeGreaterThan(30);
  });

  test('answers as the database does after changes and questions at the same time', async () => {
    await seed();
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 10, maxLength: 20 }), async (calls) => {
        await Promise.all(calls.flatMap((each) => [perform(each), bothAnswers()]));
        const [cached, stored] = await bothAnswers();
        expect(cached).toEqual(stored);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  test('does not ask the database twice', async () => {
    const keys = await room.session(room.appServer);
    await room.call(keys, 'GetCallerIdentity');
    const role = await room.store.findRole(room.accountId, 'sluice-upload');
    expect(await room.store.findRole(room.accountId, 'sluice-upload')).toBe(role);
    expect(await room.store.findRoleById(String(role?.role_id))).toBe(
      await room.store.findRoleById(String(role?.role_id)),
    );
    // That a key was used is told to nobody who asks for permissions.
    await room.db.updateTable('access_keys').set({ last_used_at: 1 }).execute();
    expect(await room.store.findRole(room.accountId, 'sluice-upload')).toBe(role);
    await room.db.updateTable('access_keys').set({ last_used_at: 1, status: 'Active' }).execute();
    expect(await room.store.findRole(room.accountId, 'sluice-upload')).not.toBe(role);
  });

  test('keeps nothing that was read while a transaction was open', async () => {
    const { db, store, accountId } = room;
    const before = await store.findRole(accountId, 'sluice-upload');
    await transact(db, async (transaction) => {
      await transaction.updateTable('roles').set({ description: 'new' }).execute();
    });
    expect(before?.description).not.toBe('new');
    expect((await store.findRole(accountId, 'sluice-upload'))?.description).toBe('new');
    await transact(db, async (transaction) => {
      await transaction.updateTable('roles').set({ description: 'undone' }).execute();
      throw new Error('stop');
    }).catch(() => undefined);
    expect((await store.findRole(accountId, 'sluice-upload'))?.description).toBe('new');
  });

  test('forgets after ten seconds what was changed by hand', async () => {
    const { store, accountId, clock } = room;
    const first = await store.findRole(accountId, 'sluice-upload');
    clock.advance(9_999);
    expect(await store.findRole(accountId, 'sluice-upload')).toBe(first);
    clock.advance(1);
    expect(await store.findRole(accountId, 'sluice-upload')).not.toBe(first);
  });

  test('does not remember what is not there', async () => {
    const { store, accountId } = room;
    expect(await store.findRole(accountId, 'later')).toBeUndefined();
    await room.role('later', trusting(`acs:ram::${accountId}:root`));
    expect((await store.findRole(accountId, 'later'))?.role_name).toBe('later');
  });

  test('watches every table that it answers from', async () => {
    // Aliases are of one letter.
    const read = new Set<string>();
    const recorder: KyselyPlugin = {
      transformQuery({ node }) {
        JSON.stringify(node, (_, value) => {
          if (value?.kind === 'TableNode') read.add(value.table.identifier.name);
          return value;
        });
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const { db, ring, clock, accountId, installation } = room;
    const store = identityStore(db.withPlugin(recorder), ring, clock, { bytes: (n) => new Uint8Array(n) });
    await store.findAccessKey(installation.appServerAccessKeyId);
    await store.findRole(accountId, 'sluice-upload');
    await store.findRoleById('1');
    await store.attachedPolicies(userPrincipal('1'));
    await store.attachedPolicies(rolePrincipal('1'));
    expect(read.size).toBeGreaterThan(4);
    expect([...read].filter((table) => table.length > 1 && !identityChanges().tables.has(table))).toEqual([]);
  });
});
