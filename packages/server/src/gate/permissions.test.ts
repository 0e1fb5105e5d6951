import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, deny, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';

let room: ControlRoom;
let root: string;
beforeAll(async () => {
  room = await controlRoom();
  root = `acs:ram::${room.accountId}:root`;
});
afterAll(() => room.close());

let count = 0;
const user = (...statements: Parameters<ControlRoom['user']>[1][]) => room.user(`u${++count}`, ...statements);
const role = (trust: string, ...statements: Parameters<ControlRoom['user']>[1][]) =>
  room.role(`r${++count}`, trust, statements);

const assume = async (keys: Keys, RoleArn: string, params: Readonly<Record<string, string>> = {}) => {
  const { status, body } = await room.call(keys, 'AssumeRole', { RoleArn, RoleSessionName: 'alice', ...params });
  return {
    status,
    code: body.Code,
    message: body.Message,
    detail: body.AccessDeniedDetail,
    identity: body.SourceIdentity,
  };
};
const create = async (keys: Keys) => {
  const { status, body } = await room.call(keys, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
  return { status, code: body.Code, message: body.Message, detail: body.AccessDeniedDetail };
};
const NO_PERMISSION = {
  status: 403,
  code: 'NoPermission',
  message: 'You are not authorized to do this action. You should be authorized by RAM.',
};
const FORBIDDEN = {
  status: 403,
  code: 'Forbidden',
  message: 'User not authorized to operate on the specified resource.',
};

describe('identity policies', () => {
  test('allow nothing that they do not name', async () => {
    expect(await create(await user())).toMatchObject({
      ...FORBIDDEN,
      detail: {
        AuthAction: 'vod:CreateUploadVideo',
        AuthPrincipalType: 'SubUser',
        AuthPrincipalOwnerId: room.accountId,
        NoPermissionType: 'ImplicitDeny',
        PolicyType: 'AccountLevelIdentityBasedPolicy',
      },
    });
  });

  test('deny wins over allow, in either order', async () => {
    for (const statements of [
      [allow('*'), deny('vod:CreateUploadVideo')],
      [deny('vod:Create*'), allow('vod:CreateUploadVideo')],
    ])
      expect(await create(await user(...statements))).toMatchObject({
        ...FORBIDDEN,
        detail: { NoPermissionType: 'ExplicitDeny' },
      });
  });

  test.each(['vod:CreateUploadVideo', 'VOD:createuploadvideo', 'vod:*Video', 'vod:Create?ploadVideo', '*'])(
    'match %s',
    async (action) => {
      expect((await create(await user(allow(action)))).status).toBe(200);
    },
  );

  test('may hang on where the call comes from', async () => {
    const here = await user(allow('vod:*', '*', { Condition: { IpAddress: { 'acs:SourceIp': ['192.0.2.0/24'] } } }));
    const params = { Title: 't', FileName: 'a.mp4' };
    expect((await room.call(here, 'CreateUploadVideo', params)).status).toBe(200);
    expect((await room.call(here, 'CreateUploadVideo', params, { sourceIp: '198.51.100.1' })).status).toBe(403);
    const spoofed = { sourceIp: '198.51.100.1', headers: { 'x-forwarded-for': '192.0.2.7' } };
    expect((await room.call(here, 'CreateUploadVideo', params, spoofed)).status).toBe(403);
  });

  test('are not asked of the account itself', async () => {
    expect((await create(await room.rootKey())).status).toBe(200);
  });
});

describe('to assume a role', () => {
  const mayAssume = allow('sts:AssumeRole');

  test('takes the user’s policy and the role’s trust, both', async () => {
    const [allowed, plain] = [await user(mayAssume), await user()];
    const { arn } = await role(trusting(root));
    expect((await assume(allowed, arn)).status).toBe(200);
    expect(await assume(plain, arn)).toMatchObject({
      ...NO_PERMISSION,
      detail: { PolicyType: 'AccountLevelIdentityBasedPolicy' },
    });
  });

  test('a trust that names one user holds for no other', async () => {
    const [a, b] = [await user(mayAssume), await user(mayAssume)];
    const { arn } = await role(trusting(`acs:ram::${room.accountId}:user/u${count - 1}`));
    expect((await assume(a, arn)).status).toBe(200);
    expect(await assume(b, arn)).toMatchObject({ ...NO_PERMISSION, detail: { PolicyType: 'AssumeRolePolicy' } });
  });

  test('a user’s policy may name the roles, with the region slot empty or *', async () => {
    const { arn } = await role(trusting(root));
    const other = await role(trusting(root));
    for (const resource of [arn, arn.replace('::', ':*:')]) {
      const keys = await user(allow('sts:AssumeRole', resource));
      expect((await assume(keys, arn)).status, resource).toBe(200);
      expect((await assume(keys, other.arn)).status, resource).toBe(403);
    }
  });

  test('a role for a service is for no user', async () => {
    const service = policyOf({ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'vod.aliyuncs.com' } });
    expect((await assume(await user(mayAssume), (await role(service)).arn)).status).toBe(403);
  });

  test('the account itself may not, whatever the trust', async () => {
    expect(await assume(await room.rootKey(), room.installation.uploadRoleArn)).toMatchObject({
      status: 403,
      code: 'NoPermission',
      message: 'Roles may not be assumed by root accounts.',
    });
  });

  test('the holder of an UploadAuth may not', async () => {
    const video = await room.call(await room.rootKey(), 'CreateUploadVideo', { FileName: 'a.mp4' });
    const auth = JSON.parse(Buffer.from(String(video.body.UploadAuth), 'base64').toString()) as Record<string, string>;
    const grant: Keys = {
      accessKeyId: auth.AccessKeyId ?? '',
      accessKeySecret: auth.AccessKeySecret ?? '',
      securityToken: auth.SecurityToken,
    };
    expect(await assume(grant, room.installation.uploadRoleArn)).toMatchObject(NO_PERMISSION);
    expect(await create(grant)).toMatchObject({ status: 403, code: 'Forbidden' });
    for (const action of ['RefreshUploadVideo', 'GetVideoInfo', 'DeleteVideo', 'GetCallerIdentity']) {
      const id = String(video.body.VideoId);
      expect((await room.call(grant, action, { VideoId: id, VideoIds: id })).status, action).toBe(403);
    }
  });

  test('the trust may ask for an ExternalId', async () => {
    const keys = await user(mayAssume);
    const { arn } = await role(trusting(root, { StringEquals: { 'sts:ExternalId': 'tenant-7' } }));
    expect((await assume(keys, arn)).status).toBe(403);
    expect((await assume(keys, arn, { ExternalId: 'tenant-8' })).status).toBe(403);
    expect((await assume(keys, arn, { ExternalId: 'tenant-7' })).status).toBe(200);
  });
});

describe('a role session', () => {
  const params = { Title: 't', FileName: 'a.mp4' };
  const everything = allow('vod:*');
  const caller = () => user(allow('sts:AssumeRole'));
  const withPolicy = async (Policy?: string, ...statements: (typeof everything)[]) => {
    const { arn } = await role(trusting(root), ...statements);
    return room.session(await caller(), { RoleArn: arn, ...(Policy === undefined ? {} : { Policy }) });
  };

  test('without a session policy may do what the role may', async () => {
    expect((await create(await withPolicy(undefined, everything))).status).toBe(200);
    expect(await create(await withPolicy(undefined))).toMatchObject({
      ...FORBIDDEN,
      detail: { AuthPrincipalType: 'AssumedRoleUser' },
    });
  });

  test.each([
    [
      'wider than the role gains nothing',
      policyOf(allow('*')),
      allow('vod:GetVideoInfo'),
      'AccountLevelIdentityBasedPolicy',
    ],
    ['that does not name the action refuses it', policyOf(allow('vod:GetVideoInfo')), allow('*'), 'SessionPolicy'],
    ['that only denies refuses everything', policyOf(deny('oss:*')), allow('*'), 'SessionPolicy'],
    ['that denies wins', policyOf(allow('*'), deny('vod:Create*')), allow('*'), 'SessionPolicy'],
  ])('with a session policy %s', async (_, policy, statement, type) => {
    expect(await create(await withPolicy(policy, statement))).toMatchObject({
      ...FORBIDDEN,
      detail: { PolicyType: type },
    });
  });

  test('follows its role: a policy taken away is gone with the next call', async () => {
    const { arn, id } = await room.role('changing', trusting(root), [everything]);
    const keys = await room.session(await caller(), { RoleArn: arn });
    expect((await room.call(keys, 'CreateUploadVideo', params)).status).toBe(200);
    await room.db.deleteFrom('policy_attachments').where('principal', '=', `role:${id}`).execute();
    expect((await room.call(keys, 'CreateUploadVideo', params)).status).toBe(403);
  });

  test('may assume another role when both sides say so, and leaves its session policy behind', async () => {
    const first = await role(trusting(root), allow('sts:AssumeRole'));
    const second = await role(trusting(first.arn), everything);
    const keys = await room.session(await caller(), { RoleArn: first.arn, Policy: policyOf(allow('sts:AssumeRole')) });
    const chained = await room.session(keys, { RoleArn: second.arn });
    expect((await create(chained)).status).toBe(200);
    expect(await assume(await caller(), second.arn)).toMatchObject(NO_PERMISSION);
    const narrowed = await room.session(await caller(), { RoleArn: first.arn, Policy: policyOf(allow('vod:*')) });
    expect(await assume(narrowed, second.arn)).toMatchObject({
      ...NO_PERMISSION,
      detail: { PolicyType: 'SessionPolicy' },
    });
  });

  test('carries its SourceIdentity along a chain, unchanged', async () => {
    const first = await role(trusting(root, undefined, 'sts:*'), allow('sts:AssumeRole'));
    const caller = () => user(allow('sts:*'));
    const second = await role(trusting(first.arn, { StringEquals: { 'sts:SourceIdentity': 'alice@example.com' } }));
    const keys = await room.session(await caller(), { RoleArn: first.arn, SourceIdentity: 'alice@example.com' });
    expect(await assume(keys, second.arn)).toMatchObject({ status: 200, identity: 'alice@example.com' });
    expect(await assume(keys, second.arn, { SourceIdentity: 'alice@example.com' })).toMatchObject({ status: 200 });
    expect(await assume(keys, second.arn, { SourceIdentity: 'mallory' })).toMatchObject({
      status: 403,
      code: 'NoPermission',
    });
    const unnamed = await room.session(await caller(), { RoleArn: first.arn });
    expect((await assume(unnamed, second.arn)).status).toBe(403);
  });

  test('has a SourceIdentity only when identity policy and trust let it be set', async () => {
    const trusts = [trusting(root), trusting(root, undefined, ['sts:AssumeRole', 'sts:SetSourceIdentity'])];
    const users = [await user(allow('sts:AssumeRole')), await user(allow(['sts:AssumeRole', 'sts:SetSourceIdentity']))];
    const seen: unknown[] = [];
    for (const trust of trusts)
      for (const keys of users) {
        const { arn } = await role(trust);
        expect((await assume(keys, arn)).status).toBe(200);
        const { status, code, detail } = await assume(keys, arn, { SourceIdentity: 'alice' });
        seen.push([status, code, detail?.AuthAction, detail?.PolicyType]);
      }
    expect(seen).toEqual([
      [403, 'NoPermission', 'sts:SetSourceIdentity', 'AccountLevelIdentityBasedPolicy'],
      [403, 'NoPermission', 'sts:SetSourceIdentity', 'AssumeRolePolicy'],
      [403, 'NoPermission', 'sts:SetSourceIdentity', 'AccountLevelIdentityBasedPolicy'],
      [200, undefined, undefined, undefined],
    ]);
  });

  test('is not given a SourceIdentity later in a chain by a role that may not set it', async () => {
    const first = await role(trusting(root), allow('sts:AssumeRole'));
    const second = await role(trusting(first.arn, undefined, 'sts:*'));
    const keys = await room.session(await caller(), { RoleArn: first.arn });
    expect(await assume(keys, second.arn, { SourceIdentity: 'alice' })).toMatchObject({
      ...NO_PERMISSION,
      detail: { AuthAction: 'sts:SetSourceIdentity', AuthPrincipalType: 'AssumedRoleUser' },
    });
  });

  test('never outlives the session that it came from', async () => {
    const first = await role(trusting(root), allow('sts:AssumeRole'));
    const second = await room.role(`r${++count}`, trusting(first.arn), [allow('sts:AssumeRole')], 43_200);
    const third = await room.role(`r${++count}`, trusting(second.arn), [], 43_200);
    const began = room.clock.now();
    const keys = await room.session(await caller(), { RoleArn: first.arn, DurationSeconds: '1800' });
    const ends = formatIso(began + 1_800_000);
    const until = async (keys: Keys, RoleArn: string, DurationSeconds?: string) => {
      const params = { RoleArn, RoleSessionName: 'alice', ...(DurationSeconds ? { DurationSeconds } : {}) };
      const { body } = await room.call(keys, 'AssumeRole', params);
      return body.Credentials?.Expiration;
    };
    expect(await until(keys, second.arn, '43200')).toBe(ends);
    expect(await until(keys, second.arn, '900')).toBe(formatIso(began + 900_000));
    room.clock.advance(1_500_000);
    // Less is left than the shortest session lasts.
    expect(await until(keys, second.arn, '900')).toBe(ends);
    const chained = await room.session(keys, { RoleArn: second.arn });
    expect(await until(chained, third.arn)).toBe(ends);
    const last = await room.session(chained, { RoleArn: third.arn, DurationSeconds: '43200' });
    room.clock.advance(300_000);
    for (const dead of [keys, chained, last])
      expect((await room.call(dead, 'GetCallerIdentity')).body.Code).toBe('InvalidSecurityToken.Expired');
  });

  test('of the installation may neither assume roles nor delete media', async () => {
    const keys = await room.session(room.appServer);
    expect((await assume(keys, room.installation.uploadRoleArn)).status).toBe(403);
    const made = await room.call(keys, 'CreateUploadVideo', params);
    expect((await room.call(keys, 'DeleteVideo', { VideoIds: String(made.body.VideoId) })).status).toBe(403);
  });
});
