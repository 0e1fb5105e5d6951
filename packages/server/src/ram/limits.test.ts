/** The quotas of reference ram-sts 2.3 that no other test reaches, each one below, at and past it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import { SYSTEM_POLICY_OWNER } from './system-policies.js';

type Keys = Awaited<ReturnType<ControlRoom['rootKey']>>;

const READ = policyOf(allow('vod:GetVideoInfo'));

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const code = async (action: string, params: Readonly<Record<string, string>>) =>
  (await room.call(root, action, params)).body.Code;

/** Databases bound the number of parameters of a statement. */
async function inSlices<Row>(rows: readonly Row[], insert: (some: Row[]) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < rows.length; i += 50) await insert(rows.slice(i, i + 50));
}
const many = <Row>(count: number, row: (i: number) => Row): readonly Row[] =>
  Array.from({ length: count }, (_, i) => row(i));

async function policies(owner: string, count: number): Promise<void> {
  const rows = many(count, (i) => ({
    owner,
    policy_name: `Many${i}`,
    description: '',
    document: READ,
    default_version: 1,
    newest_version: 1,
    created_at: 0,
    updated_at: 0,
  }));
  await inSlices(rows, (some) => room.db.insertInto('policies').values(some).execute());
}

test('a thousand roles, also in a race', async () => {
  const { length } = await room.db.selectFrom('roles').selectAll().execute();
  const rows = many(999 - length, (i) => ({
    role_id: `r${i}`,
    account_id: room.accountId,
    role_name: `many${i}`,
    description: '',
    trust_policy: trusting(`acs:ram::${room.accountId}:root`),
    max_session_duration: 3600,
    created_at: 0,
    updated_at: 0,
  }));
  await inSlices(rows, (some) => room.db.insertInto('roles').values(some).execute());
  const AssumeRolePolicyDocument = trusting(`acs:ram::${room.accountId}:root`);
  const codes = await Promise.all(
    ['a', 'b', 'c'].map((RoleName) => code('CreateRole', { RoleName, AssumeRolePolicyDocument })),
  );
  expect(codes.sort()).toEqual(['LimitExceeded.Role', 'LimitExceeded.Role', undefined]);
});

test('fifteen hundred custom policies, also in a race', async () => {
  const { length } = await room.db.selectFrom('policies').selectAll().where('owner', '=', room.accountId).execute();
  await policies(room.accountId, 1499 - length);
  const codes = await Promise.all(
    ['a', 'b', 'c'].map((PolicyName) => code('CreatePolicy', { PolicyName, PolicyDocument: READ })),
  );
  expect(codes.sort()).toEqual(['LimitExceeded.Policy', 'LimitExceeded.Policy', undefined]);
});

test('fifty groups, also when sixty are made at the same time', async () => {
  const codes = await Promise.all(many(60, (i) => code('CreateGroup', { GroupName: `g${i}` })));
  expect(codes.filter((each) => each === undefined)).toHaveLength(50);
  expect(codes.filter((each) => each === 'LimitExceeded.Group')).toHaveLength(10);
});

test.each([
  ['User', 10],
  ['Group', 5],
  ['Role', 5],
] as const)('twenty system policies and so many custom ones of a %s: %i', async (kind, custom) => {
  await policies(SYSTEM_POLICY_OWNER, 21);
  for (let i = 0; i <= custom; i++) await code('CreatePolicy', { PolicyName: `Own${i}`, PolicyDocument: READ });
  const AssumeRolePolicyDocument = trusting(`acs:ram::${room.accountId}:root`);
  expect(await code(`Create${kind}`, { [`${kind}Name`]: 'holder', AssumeRolePolicyDocument })).toBeUndefined();
  const attach = (PolicyType: string, PolicyName: string) =>
    code(`AttachPolicyTo${kind}`, { PolicyType, PolicyName, [`${kind}Name`]: 'holder' });
  for (const [type, name, most] of [
    ['System', 'Many', 20],
    ['Custom', 'Own', custom],
  ] as const) {
    for (let i = 0; i < most; i++) expect(await attach(type, `${name}${i}`), `${name}${i}`).toBeUndefined();
    expect(await attach(type, `${name}${most}`)).toBe(`LimitExceeded.${kind}.Policy`);
  }
});
