import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  allow,
  type ControlRoom,
  controlRoom,
  deny,
  policyOf,
  trusting,
} from '../testing/control-room.js';

type Keys = Awaited<ReturnType<ControlRoom['rootKey']>>;
type Params = Readonly<Record<string, string>>;

let room: ControlRoom;
let root: Keys;
beforeEach(async () => {
  room = await controlRoom();
  root = await room.rootKey();
});
afterEach(() => room.close());

const ram = (action: string, params: Params = {}, keys: Keys = root) => room.call(keys, action, params);
const sound = async <T = Answer['body']>(action: string, params: Params = {}, keys: Keys = root): Promise<T> => {
  const answer = await ram(action, params, keys);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.body as unknown as T;
};
const code = async (action: string, params: Params = {}, keys: Keys = root) =>
  (await ram(action, params, keys)).body.Code;
const READ = policyOf(allow('vod:GetVideoInfo'));
const NOTHING = policyOf(deny('*'));
const custom = (PolicyName: string) => ({ PolicyType: 'Custom', PolicyName });

describe('policies', () => {
  test('have versions, of which one counts', async () => {
    const { Policy } = await sound('CreatePolicy', { PolicyName: 'Read', PolicyDocument: READ, Description: 'd' });
    expect(Policy).toMatchObject({ PolicyName: 'Read', PolicyType: 'Custom', DefaultVersion: 'v1' });
    const alice = await room.user('alice');
    await sound('AttachPolicyToUser', { ...custom('Read'), UserName: 'alice' });
    const mayRead = async () => (await ram('GetVideoInfo', { VideoId: '0'.repeat(32) }, alice)).status === 404;
    expect(await mayRead()).toBe(true);
    await sound('CreatePolicyVersion', { PolicyName: 'Read', PolicyDocument: NOTHING });
    expect(await mayRead()).toBe(true);
    await sound('SetDefaultPolicyVersion', { PolicyName: 'Read', VersionId: 'v2' });
    expect(await mayRead()).toBe(false);
    expect(await sound('GetPolicy', custom('Read'))).toMatchObject({
      Policy: { DefaultVersion: 'v2', AttachmentCount: 1 },
      DefaultPolicyVersion: { VersionId: 'v2', IsDefaultVersion: true, PolicyDocument: NOTHING },
    });
    expect(await code('DeletePolicyVersion', { PolicyName: 'Read', VersionId: 'v2' })).toBe(
      'DeleteConflict.Policy.Version.Default',
    );
    expect(await code('DeletePolicy', { PolicyName: 'Read' })).toBe('DeleteConflict.Policy.User');
    await sound('DetachPolicyFromUser', { ...custom('Read'), UserName: 'alice' });
    expect(await code('DeletePolicy', { PolicyName: 'Read' })).toBe('DeleteConflict.Policy.Version');
    await sound('DeletePolicy', { PolicyName: 'Read', CascadingDelete: 'true' });
    expect(await code('GetPolicy', custom('Read'))).toBe('EntityNotExist.Policy');
  });

  test('keep five versions, and drop the oldest when that is asked for; no number comes twice', async () => {
    await sound('CreatePolicy', { PolicyName: 'P', PolicyDocument: READ });
    const add = (more: Params = {}) => ({ PolicyName: 'P', PolicyDocument: NOTHING, ...more });
    for (let i = 0; i < 4; i++) await sound('CreatePolicyVersion', add());
    expect(await code('CreatePolicyVersion', add())).toBe('LimitExceeded.Policy.Version');
    const rotate = { RotateStrategy: 'DeleteOldestNonDefaultVersionWhenLimitExceeded', SetAsDefault: 'true' };
    const { PolicyVersion } = await sound('CreatePolicyVersion', add(rotate));
    expect(PolicyVersion).toMatchObject({ VersionId: 'v6', IsDefaultVersion: true });
    const { PolicyVersions } = await sound<{ PolicyVersions: { PolicyVersion: { VersionId: string }[] } }>(
      'ListPolicyVersions',
      custom('P'),
    );
    expect(PolicyVersions.PolicyVersion.map((version) => version.VersionId)).toEqual(['v1', 'v3', 'v4', 'v5', 'v6']);
  });

  test('get another description, and nothing else of them changes', async () => {
    await sound('CreatePolicy', { PolicyName: 'P', PolicyDocument: READ, Description: 'before' });
    room.clock.advance(1000);
    const { Policy } = await sound('UpdatePolicyDescription', { PolicyName: 'P', NewDescription: 'after' });
    const shown = {
      PolicyName: 'P',
      PolicyType: 'Custom',
      Description: 'after',
      DefaultVersion: 'v1',
      CreateDate: '2026-01-01T00:00:00Z',
      UpdateDate: '2026-01-01T00:00:01Z',
    };
    expect(Policy).toEqual(shown);
    expect(await sound('GetPolicy', custom('P'))).toMatchObject({
      Policy: shown,
      DefaultPolicyVersion: { PolicyDocument: READ },
    });
    const long = { PolicyName: 'P', NewDescription: 'x'.repeat(1025) };
    expect(await code('UpdatePolicyDescription', long)).toBe('InvalidParameter.NewDescription.Length');
    expect(await code('UpdatePolicyDescription', { PolicyName: 'P' })).toBe('MissingNewDescription');
    const eve = await room.user('eve', allow('ram:UpdatePolicyDescription', `acs:ram:*:${room.accountId}:policy/Mine`));
    expect(await code('UpdatePolicyDescription', { PolicyName: 'P', NewDescription: 'x' }, eve)).toBe('NoPermission');
  });

  test('of the system are there, and cannot be changed', async () => {
    const { Policies } = await sound<{ Policies: { Policy: { PolicyName: string }[] } }>('ListPolicies', {
      PolicyType: 'System',
    });
    expect(Policies.Policy.map((policy) => policy.PolicyName)).toContain('AliyunVODUploadAuth');
    for (const [action, params] of [
      ['DeletePolicy', { PolicyName: 'AliyunVODUploadAuth' }],
      ['CreatePolicyVersion', { PolicyName: 'AliyunVODUploadAuth', PolicyDocument: READ }],
      ['SetDefaultPolicyVersion', { PolicyName: 'AliyunVODUploadAuth', VersionId: 'v1' }],
      ['UpdatePolicyDescription', { PolicyName: 'AliyunVODUploadAuth', NewDescription: 'x' }],
    ] as const) {
      expect(await code(action, params), action).toBe('EntityNotExist.Policy');
    }
    expect(await code('CreatePolicy', { PolicyName: 'AliyunVODUploadAuth', PolicyDocument: READ })).toBe(
      'EntityAlreadyExists.Policy',
    );
  });

  test('turn pages through both types', async () => {
    const names: string[] = [];
    let Marker: string | undefined;
    do {
      const answer = await sound<{ Policies: { Policy: { PolicyName: string }[] }; Marker?: string }>('ListPolicies', {
        MaxItems: '2',
        ...(Marker === undefined ? {} : { Marker }),
      });
      names.push(...answer.Policies.Policy.map((policy) => policy.PolicyName));
      Marker = answer.Marker;
    } while (Marker !== undefined);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain('SluiceUploadObjects');
    expect(names).toContain('AliyunVODFullAccess');
  });

  test.each([
    ['CreatePolicy', { PolicyName: 'P' }, 'MissingPolicyDocument'],
    ['CreatePolicy', { PolicyName: 'a_b', PolicyDocument: READ }, 'InvalidParameter.PolicyName.InvalidChars'],
    ['CreatePolicy', { PolicyName: 'P', PolicyDocument: '{}' }, 'MalformedPolicyDocument'],
    [
      'CreatePolicy',
      { PolicyName: 'P', PolicyDocument: READ + ' '.repeat(6144) },
      'InvalidParameter.PolicyDocument.Length',
    ],
    ['GetPolicy', { PolicyName: 'P', PolicyType: 'Other' }, 'InvalidParameter.PolicyType'],
    ['GetPolicyVersion', { ...custom('SluiceUploadObjects'), VersionId: 'v9' }, 'EntityNotExist.Policy.Version'],
    ['GetPolicyVersion', { ...custom('SluiceUploadObjects'), VersionId: '1' }, 'InvalidParameter.VersionId.Format'],
    ['AttachPolicyToUser', { ...custom('SluiceUploadObjects'), UserName: 'nobody' }, 'EntityNotExist.User'],
    ['AttachPolicyToUser', { ...custom('None'), UserName: 'appserver' }, 'EntityNotExist.Policy'],
    ['DetachPolicyFromUser', { ...custom('SluiceUploadObjects'), UserName: 'appserver' }, 'EntityNotExist.User.Policy'],
  ])('%s %j is refused as %s', async (action, params, expected) => {
    expect(await code(action, params as Params)).toBe(expected);
  });

  test('are ten of a user at most, also when fifty are attached at the same time', async () => {
    await room.user('alice');
    for (let i = 0; i < 50; i++) await sound('CreatePolicy', { PolicyName: `P${i}`, PolicyDocument: READ });
    const codes = await Promise.all(
      Array.from({ length: 50 }, (_, i) => code('AttachPolicyToUser', { ...custom(`P${i}`), UserName: 'alice' })),
    );
    expect(codes.filter((each) => each === undefined)).toHaveLength(10);
    expect(codes.filter((each) => each === 'LimitExceeded.User.Policy')).toHaveLength(40);
  });

  test('tell whom they are attached to', async () => {
    await sound('AttachPolicyToUser', {
      PolicyType: 'System',
      PolicyName: 'AliyunVODFullAccess',
      UserName: 'appserver',
    });
    const held = await sound('ListEntitiesForPolicy', { PolicyType: 'System', PolicyName: 'AliyunVODUploadAuth' });
    expect(held).toMatchObject({
      Users: { User: [{ UserName: 'appserver' }] },
      Groups: { Group: [] },
      Roles: { Role: [{ RoleName: 'sluice-upload' }] },
    });
    const { Policies } = await sound<{ Policies: { Policy: { PolicyName: string }[] } }>('ListPoliciesForUser', {
      UserName: 'appserver',
    });
    expect(Policies.Policy.map((policy) => policy.PolicyName)).toContain('AliyunVODFullAccess');
  });
});

describe('roles', () => {
  const trust = () => trusting(`acs:ram::${room.accountId}:root`);

  test('are created, assumed, changed, listed and deleted, and their tokens die with them', async () => {
    const { Role } = await sound<{ Role: Record<string, unknown> }>('CreateRole', {
      RoleName: 'uploader',
      AssumeRolePolicyDocument: trust(),
      MaxSessionDuration: '7200',
    });
    expect(Role).toMatchObject({
      Arn: `acs:ram::${room.accountId}:role/uploader`,
      AssumeRolePolicyDocument: trust(),
      MaxSessionDuration: 7200,
    });
    const session = await room.session(room.appServer, { RoleArn: String(Role.Arn), DurationSeconds: '7200' });
    await sound('UpdateRole', { RoleName: 'uploader', NewDescription: 'new', NewMaxSessionDuration: '3600' });
    expect((await sound('GetRole', { RoleName: 'uploader' })).Role).toMatchObject({ Description: 'new' });
    const { Roles } = await sound<{ Roles: { Role: { RoleName: string }[] } }>('ListRoles');
    expect(Roles.Role.map((role) => role.RoleName)).toEqual(['sluice-upload', 'uploader']);
    expect(Roles.Role[0]).not.toHaveProperty('AssumeRolePolicyDocument');
    expect((await ram('GetCallerIdentity', {}, session)).status).toBe(200);
    await sound('DeleteRole', { RoleName: 'uploader' });
    await sound('CreateRole', { RoleName: 'uploader', AssumeRolePolicyDocument: trust() });
    expect(await code('GetCallerIdentity', {}, session)).toBe('InvalidSecurityToken.Expired');
  });

  test('with policies are not deleted', async () => {
    expect(await code('DeleteRole', { RoleName: 'sluice-upload' })).toBe('DeleteConflict.Role.Policy');
  });

  test('trust nobody who is not there', async () => {
    const of = (name: string) => ({
      RoleName: 'r',
      AssumeRolePolicyDocument: trusting(`acs:ram::${room.accountId}:${name}`),
    });
    const { status, body } = await ram('CreateRole', of('user/ghost'));
    expect([status, body.Code, body.Message]).toEqual([
      400,
      'MalformedPolicyDocument',
      expect.stringContaining('ghost'),
    ]);
    expect(await code('CreateRole', of('role/ghost'))).toBe('MalformedPolicyDocument');
    await sound('CreateRole', of('user/appserver'));
    expect(await code('CreateRole', of('user/appserver'))).toBe('EntityAlreadyExists.Role');
    expect(
      await code('UpdateRole', {
        RoleName: 'r',
        NewAssumeRolePolicyDocument: trusting(`acs:ram::${room.accountId}:user/ghost`),
      }),
    ).toBe('MalformedPolicyDocument');
  });

  test('trust no session, of this account or another: nobody is known by that name', async () => {
    for (const account of [room.accountId, '1234567890123456']) {
      const AssumeRolePolicyDocument = trusting(`acs:ram:*:${account}:role/sluice-upload/alice`);
      const { body } = await ram('CreateRole', { RoleName: 'r', AssumeRolePolicyDocument });
      expect([body.Code, body.Message]).toEqual(['MalformedPolicyDocument', expect.stringContaining('name its role')]);
    }
  });

  test.each([
    ['CreateRole', { RoleName: 'r' }, 'MissingAssumeRolePolicyDocument'],
    ['CreateRole', { RoleName: 'a_b', AssumeRolePolicyDocument: '{}' }, 'InvalidParameter.RoleName.InvalidChars'],
    ['CreateRole', { RoleName: 'r', AssumeRolePolicyDocument: READ }, 'MalformedPolicyDocument'],
    [
      'UpdateRole',
      { RoleName: 'sluice-upload', NewMaxSessionDuration: '43201' },
      'InvalidParameter.NewMaxSessionDuration.Range',
    ],
    ['GetRole', { RoleName: 'ghost' }, 'EntityNotExist.Role'],
  ])('%s %j is refused as %s', async (action, params, expected) => {
    expect(await code(action, params as Params)).toBe(expected);
  });
});

test('attaching needs the permission for both ends', async () => {
  const below = (path: string) => `acs:ram:*:${room.accountId}:${path}`;
  await sound('CreatePolicy', { PolicyName: 'Mine', PolicyDocument: policyOf(allow('*')) });
  const clerk = await room.user('clerk', allow('ram:AttachPolicyToUser', below('user/clerk')));
  const other = await room.user('other', allow('ram:*', below('policy/Mine')));
  expect(await code('AttachPolicyToUser', { ...custom('Mine'), UserName: 'clerk' }, clerk)).toBe('NoPermission');
  expect(await code('AttachPolicyToUser', { ...custom('Mine'), UserName: 'other' }, other)).toBe('NoPermission');
});
