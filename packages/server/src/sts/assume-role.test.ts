import { formatIso } from '@sluice/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../testing/control-room.js';
import type { CallOptions } from '../testing/signed-call.js';

let room: ControlRoom;
beforeAll(async () => {
  room = await controlRoom();
  await room.allowSourceIdentity();
});
afterAll(() => room.close());

const assume = (params: Readonly<Record<string, string>> = {}, how: CallOptions = {}, at = room) =>
  at.call(
    at.appServer,
    'AssumeRole',
    { RoleArn: at.installation.uploadRoleArn, RoleSessionName: 'alice', ...params },
    how,
  );
const refused = async (params: Readonly<Record<string, string>>) => {
  const { status, body } = await assume(params);
  return [status, body.Code, body.Message];
};

/** A policy that is exactly so many characters long. */
const policyOfLength = (length: number): string => {
  const bare = policyOf(allow('vod:GetVideoInfo', 'acs:vod:*:*:'));
  return policyOf(allow('vod:GetVideoInfo', `acs:vod:*:*:${'x'.repeat(length - bare.length)}`));
};

describe('AssumeRole', () => {
  test('answers with a session and its credentials', async () => {
    const { status, body } = await assume();
    const { accountId } = room;
    const role = await room.store.findRole(accountId, 'sluice-upload');
    expect(status).toBe(200);
    expect(body).toEqual({
      RequestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
      AssumedRoleUser: {
        Arn: `acs:ram::${accountId}:role/sluice-upload/alice`,
        AssumedRoleId: `${role?.role_id}:alice`,
      },
      Credentials: {
        AccessKeyId: expect.stringMatching(/^STS\.[0-9A-Za-z]{22}$/),
        AccessKeySecret: expect.stringMatching(/^[0-9A-Za-z]{43}$/),
        SecurityToken: expect.stringMatching(/^[A-Za-z0-9_-]{100,}$/),
        Expiration: formatIso(room.clock.now() + 3_600_000),
      },
    });
  });

  test('says the same as XML', async () => {
    const { text, contentType } = await assume({ SourceIdentity: 'src' }, { format: 'XML' });
    expect(contentType).toBe('text/xml;charset=utf-8');
    expect(text).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<AssumeRoleResponse><RequestId>[0-9A-F-]{36}<\/RequestId><AssumedRoleUser><Arn>acs:ram::\d{16}:role\/sluice-upload\/alice<\/Arn><AssumedRoleId>\d{16}:alice<\/AssumedRoleId><\/AssumedRoleUser><Credentials><AccessKeyId>STS\.\w+<\/AccessKeyId><AccessKeySecret>\w+<\/AccessKeySecret><SecurityToken>[\w-]+<\/SecurityToken><Expiration>2026-01-01T01:00:00Z<\/Expiration><\/Credentials><SourceIdentity>src<\/SourceIdentity><\/AssumeRoleResponse>$/,
    );
  });

  test('leaves earlier tokens valid', async () => {
    const first = await room.session(room.appServer);
    await room.session(room.appServer);
    expect((await room.call(first, 'GetCallerIdentity')).status).toBe(200);
  });

  test.each(schemesOfOfficialClients())('works as %s sends it', async (_, how) => {
    expect(
      (await assume({ Policy: policyOf(allow('oss:PutObject', "acs:oss:*:*:b/用户 1/~a+b(c)!'*")) }, how)).status,
    ).toBe(200);
  });

  test.each([
    ['RoleArn', 'MissingRoleArn'],
    ['RoleSessionName', 'MissingRoleSessionName'],
  ])('without %s says %s', async (name, code) => {
    expect(await refused({ [name]: '' })).toEqual([400, code, `${name} is mandatory for this action.`]);
  });

  test.each([
    'uploader',
    'acs:ram::x:role/uploader',
    'acs:ram::1:role/',
    'acs:ram::1:role/a/b',
    'acs:ram::1:role/a_b',
    'acs:oss::1:role/a',
    'acs:ram:*:1:role/a',
    'acs:ram::1:role/a\n',
    `acs:ram::1:role/${'a'.repeat(300)}`,
  ])('takes no RoleArn like %j', async (RoleArn) => {
    expect(await refused({ RoleArn })).toEqual([
      400,
      'InvalidParameter.RoleArn',
      'The parameter RoleArn is wrongly formed.',
    ]);
  });

  test.each(['role/nobody', 'role/SLUICE-UPLOAD', 'user/appserver'])('does not know the role %s', async (name) => {
    expect(await refused({ RoleArn: `acs:ram::${room.accountId}:${name}` })).toEqual([
      404,
      'EntityNotExist.Role',
      'The specified Role not exists.',
    ]);
  });

  test.each(['ab', 'a'.repeat(64), 'a.B@c-d_9'])('takes the session name %s', async (RoleSessionName) => {
    const { body } = await assume({ RoleSessionName });
    expect(body.AssumedRoleUser?.Arn.endsWith(`/${RoleSessionName}`)).toBe(true);
  });

  test.each(['a', 'a'.repeat(65), 'a b', 'a/b', 'a:b', 'a*', '用户', 'ab\n'])(
    'takes no session name like %j',
    async (RoleSessionName) => {
      expect(await refused({ RoleSessionName })).toEqual([
        400,
        'InvalidParameter.RoleSessionName',
        'The parameter RoleSessionName is wrongly formed.',
      ]);
    },
  );

  test.each([900, 901, 3600])('lasts %i seconds', async (seconds) => {
    const { body } = await assume({ DurationSeconds: String(seconds) });
    expect(body.Credentials?.Expiration).toBe(formatIso(room.clock.now() + seconds * 1000));
  });

  test.each(['0', '899', '3601', '-900', '900.5', '9e2', '0x384', ' 900', 'abc', '99999999999'])(
    'does not last %j seconds',
    async (given) => {
      expect(await refused({ DurationSeconds: given })).toEqual([
        400,
        'InvalidParameter.DurationSeconds',
        'The Min/Max value of DurationSeconds is 15min/1hr.',
      ]);
    },
  );

  test('lasts as long as the role lets it', async () => {
    const long = await room.role('patient', trusting(`acs:ram::${room.accountId}:root`), [], 43_200);
    const at = (DurationSeconds: string) => assume({ RoleArn: long.arn, DurationSeconds });
    expect((await at('43200')).status).toBe(200);
    expect((await at('43201')).body.Message).toBe('The Min/Max value of DurationSeconds is 15min/12hr.');
    expect((await assume({ RoleArn: long.arn })).body.Credentials?.Expiration).toBe(
      formatIso(room.clock.now() + 3_600_000),
    );
  });

  test('lasts shorter where the operator lowered the minimum', async () => {
    const own = await controlRoom({ minDuration: 2 });
    const keys = await own.session(own.appServer, { DurationSeconds: '2' });
    own.clock.advance(2000);
    expect((await own.call(keys, 'GetCallerIdentity')).body.Code).toBe('InvalidSecurityToken.Expired');
    expect((await assume({ DurationSeconds: '1' }, {}, own)).body.Message).toBe(
      'The Min/Max value of DurationSeconds is 2s/1hr.',
    );
    await own.close();
  });

  test('takes a policy of 2048 characters, whatever they are', async () => {
    expect((await assume({ Policy: policyOfLength(2048) })).status).toBe(200);
    const wide = policyOf(allow('vod:GetVideoInfo', `acs:vod:*:*:${'用'.repeat(1900)}`));
    expect((await assume({ Policy: wide })).status).toBe(200);
    expect(await refused({ Policy: policyOfLength(2049) })).toEqual([
      400,
      'InvalidParameter.PolicySize',
      'The size of Policy must be smaller than 2048 bytes.',
    ]);
  });

  test.each([
    'x',
    '{}',
    '[]',
    '{"Version":"2","Statement":[]}',
    policyOf(),
    policyOf({ Effect: 'Allow', Action: '*', Resource: '*', Principal: { RAM: '*' } }),
    policyOf({ Effect: 'Allow', Action: [], Resource: '*' }),
    '{"Version":"1","Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  ])('takes no policy like %s', async (Policy) => {
    const [status, code, message] = await refused({ Policy });
    expect([status, code]).toEqual([400, 'InvalidParameter.PolicyGrammar']);
    expect(message).toMatch(/^The parameter Policy has not passed grammar check\./);
  });

  test.each(['ab', 'A_b+c=d,e.f@g:h/i-j', 'x'.repeat(1224)])('takes the ExternalId %s', async (ExternalId) => {
    expect((await assume({ ExternalId })).status).toBe(200);
  });

  test.each(['a', 'x'.repeat(1225), 'a b', 'a*'])('takes no ExternalId like %j', async (ExternalId) => {
    expect(await refused({ ExternalId })).toEqual([
      400,
      'InvalidParameter.ExternalId',
      'The parameter ExternalId is wrongly formed.',
    ]);
  });

  test('takes a SourceIdentity of 2 to 64 characters, and says it back', async () => {
    expect((await assume({ SourceIdentity: 'al' })).body.SourceIdentity).toBe('al');
    expect((await assume()).body.SourceIdentity).toBeUndefined();
    for (const SourceIdentity of ['a', 'a'.repeat(65), 'a b'])
      expect(await refused({ SourceIdentity })).toEqual([
        400,
        'InvalidParameter.SourceIdentity',
        'The parameter SourceIdentity is wrongly formed.',
      ]);
  });

  test('ignores parameters that it does not know', async () => {
    expect((await assume({ RegionId: 'cn-hangzhou', Tags: 'x' })).status).toBe(200);
  });
});

describe('throttling of AssumeRole', () => {
  const codesOf = async (at: ControlRoom, calls: number) =>
    (await Promise.all(Array.from({ length: calls }, () => assume({}, {}, at)))).map(({ status, body }) => [
      status,
      body.Code,
    ]);

  test('is by account, and says when to come back', async () => {
    const own = await controlRoom({ perSecond: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => assume({}, {}, own)));
    const refusals = answers.filter(({ status }) => status !== 200);
    // Twelve calls take well below two seconds, so at most two shares of three pass.
    expect(refusals.length).toBeGreaterThanOrEqual(6);
    for (const { status, body, headers } of refusals) {
      expect([status, body.Code, body.Message]).toEqual([
        400,
        'Throttling.User',
        'Request was denied due to user flow control.',
      ]);
      expect(Number(headers['x-acs-retry-after'])).toBeGreaterThanOrEqual(1);
      expect(Number(headers['x-acs-retry-after'])).toBeLessThanOrEqual(1000);
      expect(headers['retry-after']).toBe('1');
    }
    await own.close();
  });

  test('does not count callers that may not assume the role: they cannot use up the share', async () => {
    const own = await controlRoom({ perSecond: 1 });
    const nobody = await own.user('mallory');
    for (let i = 0; i < 20; i++) {
      const params = { RoleArn: own.installation.uploadRoleArn, RoleSessionName: 'alice' };
      expect((await own.call(nobody, 'AssumeRole', params)).body.Code).toBe('NoPermission');
    }
    expect(await codesOf(own, 1)).toEqual([[200, undefined]]);
    await own.close();
  });

  test('is by caller too, refused calls included, so that one user leaves a share to the others', async () => {
    const own = await controlRoom({ perSecond: 10, principalPerSecond: 2 });
    expect((await codesOf(own, 5)).filter(([status]) => status === 200)).toHaveLength(2);
    const other = await own.user('other', allow('sts:AssumeRole'));
    const params = { RoleArn: own.installation.uploadRoleArn, RoleSessionName: 'alice' };
    expect((await own.call(other, 'AssumeRole', params)).status).toBe(200);
    const nobody = await own.user('mallory');
    const codes = [];
    for (let i = 0; i < 3; i++) codes.push((await own.call(nobody, 'AssumeRole', params)).body.Code);
    expect(codes).toEqual(['NoPermission', 'NoPermission', 'Throttling.User']);
    await own.close();
  });

  test('does not touch other calls', async () => {
    const own = await controlRoom({ perSecond: 1 });
    await codesOf(own, 4);
    expect((await own.call(own.appServer, 'GetCallerIdentity')).status).toBe(200);
    await own.close();
  });
});

describe('GetCallerIdentity', () => {
  test('tells the account who it is', async () => {
    const { body } = await room.call(await room.rootKey(), 'GetCallerIdentity');
    const { accountId } = room;
    expect(body).toMatchObject({
      IdentityType: 'Account',
      AccountId: accountId,
      PrincipalId: accountId,
      UserId: accountId,
      Arn: `acs:ram::${accountId}:root`,
    });
    expect(body).not.toHaveProperty('RoleId');
  });

  test('tells a user, who needs no permission for it', async () => {
    const bob = await room.user('bob');
    const { body } = await room.call(bob, 'GetCallerIdentity');
    expect(body).toEqual({
      RequestId: expect.any(String),
      IdentityType: 'RAMUser',
      AccountId: room.accountId,
      PrincipalId: bob.userId,
      UserId: bob.userId,
      Arn: `acs:ram::${room.accountId}:user/bob`,
    });
  });

  test('tells a role session, even one that may do nothing', async () => {
    const role = await room.store.findRole(room.accountId, 'sluice-upload');
    const keys = await room.session(room.appServer, {
      Policy: policyOf({ Effect: 'Deny', Action: '*', Resource: '*' }),
    });
    const { body } = await room.call(keys, 'GetCallerIdentity');
    expect(body).toEqual({
      RequestId: expect.any(String),
      IdentityType: 'AssumedRoleUser',
      AccountId: room.accountId,
      PrincipalId: `${role?.role_id}:alice`,
      RoleId: role?.role_id,
      Arn: `acs:ram::${room.accountId}:role/sluice-upload/alice`,
    });
  });

  test('says the same as XML', async () => {
    const { text } = await room.call(room.appServer, 'GetCallerIdentity', {}, { format: 'XML' });
    expect(text).toContain('<IdentityType>RAMUser</IdentityType>');
    expect(text).toMatch(/<GetCallerIdentityResponse>.*<\/GetCallerIdentityResponse>$/s);
  });
});

/** Reference ram-sts 4.2. */
function schemesOfOfficialClients(): [string, CallOptions][] {
  return [
    ['the ACS3 core', { scheme: 'acs3' }],
    ['pop-core', { scheme: 'get', headers: { 'x-acs-action': 'AssumeRole', 'x-acs-version': '2015-04-01' } }],
    ['ali-oss', { scheme: 'post', nonce: '0.2181374', timestamp: '2026-01-01T00:00:00.202Z' }],
    ['credentials', { scheme: 'split' }],
  ];
}
