import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';
import { fuzzSettings } from './testing/fuzz-settings.js';
import { type Seeded, seeded } from './testing/seeded.js';

type Params = Readonly<Record<string, string>>;

/** A way to more rights: the call, and what RAM documents as needed for it (reference ram-sts 2.5), below the account. */
interface Step {
  readonly title: string;
  readonly action: string;
  readonly params: (room: ControlRoom) => Params;
  readonly needs: readonly string[];
}

const ADMIN = { PolicyType: 'Custom', PolicyName: 'Admin' };
const ALL = policyOf(allow('*'));
const system = 'system:policy/AliyunVODFullAccess';
const step = (title: string, action: string, params: Step['params'] | Params, needs: readonly string[]): Step => ({
  title,
  action,
  params: typeof params === 'function' ? params : () => params,
  needs,
});

const STEPS: readonly Step[] = [
  step('attaches a policy to itself', 'AttachPolicyToUser', { ...ADMIN, UserName: 'mallory' }, [
    'user/mallory',
    'policy/Admin',
  ]),
  step('attaches a policy to a group it is in', 'AttachPolicyToGroup', { ...ADMIN, GroupName: 'staff' }, [
    'group/staff',
    'policy/Admin',
  ]),
  step('joins a group that may more', 'AddUserToGroup', { UserName: 'mallory', GroupName: 'admins' }, [
    'user/mallory',
    'group/admins',
  ]),
  step(
    'writes a new default version of a policy it has',
    'CreatePolicyVersion',
    { PolicyName: 'Mine', PolicyDocument: ALL, SetAsDefault: 'true' },
    ['policy/Mine'],
  ),
  step('goes back to a version that allowed more', 'SetDefaultPolicyVersion', { PolicyName: 'Mine', VersionId: 'v2' }, [
    'policy/Mine',
  ]),
  step(
    'takes off what is denied to it',
    'DetachPolicyFromUser',
    { PolicyType: 'Custom', PolicyName: 'Mine', UserName: 'mallory' },
    ['user/mallory', 'policy/Mine'],
  ),
  step('creates a key for another user', 'CreateAccessKey', { UserName: 'admin' }, ['user/admin']),
  step(
    'enables a key of another user',
    'UpdateAccessKey',
    { UserName: 'admin', UserAccessKeyId: 'LTAIunknown', Status: 'Active' },
    ['user/admin'],
  ),
  step('deletes a key of another user', 'DeleteAccessKey', { UserName: 'admin', UserAccessKeyId: 'LTAIunknown' }, [
    'user/admin',
  ]),
  step('sets a password of another user', 'CreateLoginProfile', { UserName: 'admin', Password: 'Abcdef-1234567' }, [
    'user/admin',
  ]),
  step(
    'changes the password of another user',
    'UpdateLoginProfile',
    { UserName: 'admin', Password: 'Abcdef-1234567' },
    ['user/admin'],
  ),
  step(
    'edits the trust policy of a role',
    'UpdateRole',
    (room) => ({
      RoleName: 'ops',
      NewAssumeRolePolicyDocument: trusting(`acs:ram::${room.accountId}:user/mallory`),
    }),
    ['role/ops'],
  ),
  step('attaches a policy to a role it may assume', 'AttachPolicyToRole', { ...ADMIN, RoleName: 'worker' }, [
    'role/worker',
    'policy/Admin',
  ]),
  step(
    'attaches a system policy to itself',
    'AttachPolicyToUser',
    { PolicyType: 'System', PolicyName: 'AliyunVODFullAccess', UserName: 'mallory' },
    ['user/mallory', system],
  ),
  step('takes the name of another user', 'UpdateUser', { UserName: 'mallory', NewUserName: 'boss' }, [
    'user/mallory',
    'user/boss',
  ]),
  step('leaves a group that denies it something', 'RemoveUserFromGroup', { UserName: 'mallory', GroupName: 'staff' }, [
    'user/mallory',
    'group/staff',
  ]),
  step('lets all users manage their own keys', 'SetSecurityPreference', { AllowUserToManageAccessKeys: 'true' }, ['*']),
  step('makes a user', 'CreateUser', { UserName: 'sock' }, ['user/*']),
  step('makes a policy', 'CreatePolicy', { PolicyName: 'New', PolicyDocument: ALL }, ['policy/*']),
];

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const below = (path: string): string =>
  path.startsWith('system:') ? `acs:ram:*:${path}` : `acs:ram:*:${room.accountId}:${path}`;
const TABLES = [
  ...([
    'users',
    'groups',
    'group_members',
    'access_keys',
    'policies',
    'policy_versions',
    'policy_attachments',
  ] as const),
  ...(['roles', 'login_profiles', 'mfa_devices', 'oidc_providers', 'account_settings'] as const),
];

/** Everything that says who may do what. */
async function identities(): Promise<string> {
  const rows = TABLES.map((name) => room.db.selectFrom(name).selectAll().execute());
  // When a key was used last changes with every call.
  return JSON.stringify(await Promise.all(rows), (name, value: unknown) => (/^last_/.test(name) ? undefined : value));
}

/** Mallory with these grants, and all that it is after. */
async function scene(statements: readonly Readonly<Record<string, unknown>>[]): Promise<Keys> {
  const sound = async (action: string, params: Params) => {
    const answer = await room.call(root, action, params);
    if (answer.status !== 200) throw new Error(answer.text);
  };
  await sound('CreatePolicy', { PolicyName: 'Admin', PolicyDocument: ALL });
  await room.user('admin', allow('*'));
  const mallory = await room.user('mallory');
  const document = policyOf(...(statements.length > 0 ? statements : [allow('vod:GetVideoInfo')]));
  await sound('CreatePolicy', { PolicyName: 'Mine', PolicyDocument: document });
  await sound('CreatePolicyVersion', { PolicyName: 'Mine', PolicyDocument: ALL });
  await sound('AttachPolicyToUser', { PolicyType: 'Custom', PolicyName: 'Mine', UserName: 'mallory' });
  for (const name of ['staff', 'admins']) await sound('CreateGroup', { GroupName: name });
  await sound('AttachPolicyToGroup', { ...ADMIN, GroupName: 'admins' });
  await sound('AddUserToGroup', { UserName: 'mallory', GroupName: 'staff' });
  await room.role('ops', trusting(`acs:ram::${room.accountId}:user/admin`), [allow('*')]);
  await room.role('worker', trusting(`acs:ram::${room.accountId}:user/mallory`));
  return mallory;
}

/** What was never granted: allowed only to whom may do everything. */
const mayEverything = async (keys: Keys): Promise<boolean> =>
  (await room.call(keys, 'ListUsers')).body.Code !== 'NoPermission';
const grant = ({ action }: Step, resource: string) => allow(`ram:${action}`, below(resource));

describe('whoever may not', () => {
  test.each(STEPS.map((each) => [each.title, each] as const))(
    '%s: is refused, and nothing changes',
    async (_, each) => {
      const mallory = await scene([]);
      const before = await identities();
      const answer = await room.call(mallory, each.action, each.params(room));
      expect(answer.body.Code).toBe('NoPermission');
      expect(await identities()).toBe(before);
      expect(await mayEverything(mallory)).toBe(false);
    },
  );

  test.each(STEPS.filter(({ needs }) => needs.length > 1).map((each) => [each.title, each] as const))(
    '%s: half of the permission is none',
    async (_, each) => {
      const mallory = await scene(each.needs.slice(1).map((resource) => grant(each, resource)));
      const before = await identities();
      expect((await room.call(mallory, each.action, each.params(room))).body.Code).toBe('NoPermission');
      expect(await identities()).toBe(before);
    },
  );
});

test('a grant for names that look alike is none: case, dots, a star in a name, more behind it', async () => {
  const other = ['user/Mallory', 'user/mallory2', 'user/mallor', 'user/mallory/', 'user/./mallory', 'policy/admin'];
  const mallory = await scene([allow('ram:*', other.map(below))]);
  const before = await identities();
  for (const each of STEPS) {
    const answer = await room.call(mallory, each.action, each.params(room));
    expect(answer.body.Code, each.title).toBe('NoPermission');
  }
  expect(await identities()).toBe(before);
});

test('a session policy takes part: a role that may everything passes nothing on that it left out', async () => {
  await scene([]);
  const { arn } = await room.role('all', trusting(`acs:ram::${room.accountId}:user/appserver`), [allow('*')]);
  await room.call(root, 'AttachPolicyToUser', { ...ADMIN, UserName: 'appserver' });
  const session = await room.session(room.appServer, { RoleArn: arn, Policy: policyOf(allow('ram:Get*')) });
  const before = await identities();
  for (const each of STEPS) {
    const answer = await room.call(session, each.action, each.params(room));
    expect(answer.body.Code, each.title).toBe('NoPermission');
  }
  expect(await identities()).toBe(before);
});

/** What documents grant, told by hand: no evaluator of ours is asked. */
const allowed = (granted: ReadonlySet<string>, { action, needs }: Step): boolean =>
  needs.every((resource) => granted.has(`${action} ${resource}`));

function someGrants(random: Seeded): Set<string> {
  const granted = new Set<string>();
  for (const { action, needs } of STEPS) {
    for (const resource of needs) if (random.chance(0.3)) granted.add(`${action} ${resource}`);
  }
  return granted;
}

test('with any grants, in any order of calls: what is not granted is refused and changes nothing', {
  timeout: 120_000,
}, async () => {
  const { seed } = fuzzSettings(0);
  const random = seeded(seed);
  const counts = { refused: 0, allowed: 0 };
  for (let round = 0; round < 6 || (counts.refused <= 20 && round < 60); round++) {
    await room.close();
    room = await controlRoom();
    root = await room.rootKey();
    const granted = someGrants(random);
    const statements = [...granted].map((pair) => {
      const [action = '', resource = ''] = pair.split(' ');
      return allow(`ram:${action}`, below(resource));
    });
    const mallory = await scene(statements);
    for (let call = 0; call < 40; call++) {
      const each = random.pick(STEPS);
      const why = `seed ${seed}, round ${round}, call ${call}: ${each.title}`;
      const before = await identities();
      const answer = await room.call(mallory, each.action, each.params(room));
      const may = allowed(granted, each);
      if (may) {
        counts.allowed++;
        expect(answer.body.Code, why).not.toBe('NoPermission');
        // It was given the way to everything, or changed whom the grants are for: another life begins.
        if (answer.status === 200) break;
      } else {
        counts.refused++;
        expect(answer.status, why).toBeGreaterThanOrEqual(400);
        expect(await identities(), why).toBe(before);
        expect(await mayEverything(mallory), why).toBe(false);
      }
    }
  }
  console.log('escalation', JSON.stringify({ seed, ...counts }));
  expect(counts.refused).toBeGreaterThan(20);
});
