import { createHash } from 'node:crypto';
import { authoriseByTrust, parsePolicy } from '@sluice/policy';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '../gate/principal.js';
import { type Ask, send } from '../oss/testing/client.js';
import { allow, type ControlRoom, controlRoom, deny, policyOf, trusting } from '../testing/control-room.js';
import type { Keys } from '../testing/signed-call.js';
import { Decisions } from './decisions.js';

let room: ControlRoom;
beforeEach(async () => {
  room = await controlRoom();
});
afterEach(() => room.close());

const POLICY = /Custom\/Policy[0-9a-f]{12}/g;

/** Of the newest record of an action, with the names of made-up policies taken out. */
async function last(action: string): Promise<{ why: readonly string[] | undefined; row: string; account: string }> {
  await room.audit.idle();
  const rows = await room.db.selectFrom('audit').selectAll().where('action', '=', action).orderBy('seq').execute();
  const row = rows.at(-1);
  if (!row) throw new Error(`no record of ${action}`);
  const { why } = JSON.parse(row.detail) as { why?: string[] };
  return { why: why?.map((line) => line.replace(POLICY, 'P')), row: JSON.stringify(row), account: row.account_id };
}

async function why(keys: Keys, action: string, params: Record<string, string> = {}) {
  const { status } = await room.call(keys, action, params);
  const service = /^AssumeRole/.test(action) ? 'sts' : 'ram';
  return { status, why: (await last(`${service}:${action}`)).why };
}

describe('the record of a call that policies allowed names the statement', () => {
  test('of the user', async () => {
    const user = await room.user('alice', deny('ram:DeleteUser'), allow('oss:*'), allow('ram:*'));
    expect(await why(user, 'ListUsers')).toEqual({ status: 200, why: ['Allow ram:ListUsers by P[2]'] });
  });

  test('of the group, and of a policy of the system', async () => {
    const user = await room.user('alice');
    const root = await room.rootKey();
    for (const [action, params] of [
      ['CreateGroup', { GroupName: 'readers' }],
      ['AddUserToGroup', { UserName: 'alice', GroupName: 'readers' }],
      ['AttachPolicyToGroup', { PolicyName: 'AliyunRAMReadOnlyAccess', PolicyType: 'System', GroupName: 'readers' }],
    ] as const) {
      expect(await why(root, action, params), action).toEqual({ status: 200, why: undefined });
    }
    const [line] = (await why(user, 'ListUsers')).why ?? [];
    expect(line).toMatch(/^Allow ram:ListUsers by System\/AliyunRAMReadOnlyAccess\[\d\]$/);
  });

  test('of identity and trust, and then of session policy and role', async () => {
    const user = await room.user('alice', allow('sts:AssumeRole'));
    const trust = trusting(`acs:ram::${room.accountId}:root`);
    const { arn } = await room.role('reader', trust, [allow('ram:List*')]);
    const session = await room.session(user, { RoleArn: arn, Policy: policyOf(allow('oss:*'), allow('ram:*')) });
    expect((await last('sts:AssumeRole')).why).toEqual(['Allow sts:AssumeRole by P[0], trust[0]']);
    expect((await why(session, 'ListUsers')).why).toEqual(['Allow ram:ListUsers by session[1], P[0]']);
  });

  test('or says that the account lets its users do it', async () => {
    const user = await room.user('alice');
    await room.call(await room.rootKey(), 'SetSecurityPreference', { AllowUserToManageAccessKeys: 'true' });
    expect(await why(user, 'ListAccessKeys')).toEqual({
      status: 200,
      why: ['Allow ram:ListAccessKeys by self-service'],
    });
  });
});

describe('the record of a refusal says', () => {
  test('which statement denies', async () => {
    const user = await room.user('alice', allow('*'), deny('ram:Create*'));
    const refused = await why(user, 'CreateUser', { UserName: 'x' });
    expect(refused).toEqual({ status: 403, why: ['Deny ram:CreateUser by P[1]'] });
  });

  test.each([
    ['that there is no policy', [], 'there is no policy'],
    ['that none is about the action', [allow('oss:*'), allow('vod:*')], 'no statement is about it'],
    ['that other resources are meant', [allow('ram:*', 'acs:ram:*:1:user/secret')], 'P[0] names other resources'],
    [
      'which condition failed, and what it saw',
      [allow('ram:*', '*', { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } })],
      'P[0] IpAddress acs:SourceIp saw "192.0.2.7"',
    ],
    [
      'that the request does not have what a condition asks for',
      [allow('ram:*', '*', { Condition: { Bool: { 'acs:MFAPresent': 'true' } } })],
      'P[0] Bool acs:MFAPresent saw nothing',
    ],
  ])('%s', async (_, statements, reason) => {
    const user = await room.user('alice', ...statements);
    const line = `No Allow for ram:CreateUser in identity: ${reason}`;
    expect(await why(user, 'CreateUser', { UserName: 'x' })).toEqual({ status: 403, why: [line] });
    expect((await last('ram:CreateUser')).row).not.toMatch(/secret|10\.0\.0/);
  });

  test('that the session policy is in the way', async () => {
    const user = await room.user('alice', allow('sts:AssumeRole'));
    const { arn } = await room.role('all', trusting(`acs:ram::${room.accountId}:root`), [allow('*')]);
    const session = await room.session(user, { RoleArn: arn, Policy: policyOf(allow('oss:*')) });
    const line = 'No Allow for ram:ListUsers in session: no statement is about it';
    expect((await why(session, 'ListUsers')).why).toEqual([line]);
  });

  test('which of two ends of a call was in the way, whatever the caller wrote into its parameters', async () => {
    const own = `acs:ram:*:${room.accountId}:user/*`;
    const user = await room.user('alice', allow('ram:AttachPolicyToUser', own));
    await room.user('bob');
    const params = { PolicyType: 'Custom', PolicyName: 'p', UserName: 'bob' };
    const long = Object.fromEntries(
      ['Reason', 'VideoIds', 'ReferenceId', 'SerialNumber', 'NewUserName', 'GroupName', 'NewGroupName', 'RoleName']
        .concat('SourceIdentity', 'RoleSessionName', 'VirtualMFADeviceName', 'OIDCProviderName', 'Status', 'NotBefore')
        .concat('RevocationId', 'TokenAccessKeyId', 'AbortUploads')
        .map((name) => [name, '界'.repeat(600)]),
    );
    const lines = (await why(user, 'AttachPolicyToUser', { ...params, ...long })).why ?? [];
    expect(lines[0]).toMatch(
      /^No Allow for ram:AttachPolicyToUser in identity: P\[0\] names other resources \(acs:.*policy/,
    );
    expect(lines[1]).toMatch(/^Allow ram:AttachPolicyToUser by P\[0\] \(acs:.*user\/bob\)$/);
    expect(Buffer.byteLength((await last('ram:AttachPolicyToUser')).row)).toBeLessThan(9000);
  });

  test('nothing of an ExternalId but whether there was one', async () => {
    const user = await room.user('alice', allow('sts:AssumeRole'));
    const condition = { StringEquals: { 'sts:ExternalId': 'half-a-secret' } };
    const { arn: RoleArn } = await room.role('guarded', trusting(`acs:ram::${room.accountId}:root`, condition));
    const ask = (more: Record<string, string>) =>
      why(user, 'AssumeRole', { RoleArn, RoleSessionName: 'alice', ...more });
    const start = 'No Allow for sts:AssumeRole in trust: trust[0] StringEquals sts:ExternalId saw';
    expect((await ask({})).why).toEqual([`${start} nothing`]);
    expect((await ask({ ExternalId: 'wrong-secret' })).why).toEqual([`${start} another value`]);
    expect((await last('sts:AssumeRole')).row).not.toMatch(/half-a|wrong-s/);
  });

  test('that a value stays a value, whatever is in it', () => {
    const provider = 'acs:ram::1:oidc-provider/login';
    const policy = parsePolicy(
      policyOf({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { Federated: provider },
        Condition: { StringEquals: { 'oidc:sub': 'alice', 'oidc:aud': 'app' } },
      }),
      'trust',
    );
    const resource = 'acs:ram::1:role/r';
    const trust = { name: 'r', type: 'Trust', policy } as const;
    const token = { issuer: 'i', subject: 's', audience: ['app'], clientId: 'app', issuedAt: 0, expiresAt: 0 };
    const of = (accountId: string): readonly string[] | undefined => {
      const principal: Principal = {
        kind: 'federated',
        accountId,
        providerArn: provider,
        providerName: 'login',
        token,
      };
      const decision = authoriseByTrust(trust, {
        action: 'sts:AssumeRole',
        resource,
        principalArns: [provider],
        context: { 'oidc:sub': `"; Allow by ${'x'.repeat(200)}`, 'oidc:aud': 'app' },
      });
      const decisions = new Decisions();
      decisions.add({ principal, demand: { action: 'sts:AssumeRole', resource, trust }, decision });
      return decisions.lines();
    };
    const [line = ''] = of('1') ?? [];
    expect(line).toMatch(
      /^No Allow for sts:AssumeRole in trust: trust\[0\] StringEquals oidc:sub saw "\\"; Allow by x+…"$/,
    );
    expect(of('2')).toEqual(['No Allow for sts:AssumeRole in trust']);
  });
});

test('whom a role of another account trusts is not told to the account of who asked, allowed or not', async () => {
  const theirs = await room.account('4711471147114711');
  const caller = await room.user('alice', allow('sts:*'));
  const open = await theirs.role('open', trusting(`acs:ram::${room.accountId}:root`));
  const closed = await theirs.role('closed', trusting(`acs:ram::${theirs.accountId}:root`));
  const denies = await theirs.role(
    'denies',
    policyOf(
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${room.accountId}:root` } },
      { Effect: 'Deny', Action: 'sts:AssumeRole', Principal: { RAM: `acs:ram::${room.accountId}:user/alice` } },
    ),
  );
  const ask = async (RoleArn: string) => (await why(caller, 'AssumeRole', { RoleArn, RoleSessionName: 'a1' })).why;
  expect(await ask(open.arn)).toEqual(['Allow sts:AssumeRole by P[0], trust']);
  expect(await ask(closed.arn)).toEqual(['No Allow for sts:AssumeRole in trust']);
  expect(await ask(denies.arn)).toEqual(['Deny sts:AssumeRole by trust']);
  expect((await last('sts:AssumeRole')).account).toBe(room.accountId);
});

describe('on the data plane', () => {
  const oss = async (keys: Keys, ask: Ask) =>
    send(await room.dataPlane(), {
      bucket: room.installation.bucket,
      ...ask,
      accessKeyId: keys.accessKeyId,
      secret: keys.accessKeySecret,
      ...(keys.securityToken === undefined ? {} : { headers: { 'x-oss-security-token': keys.securityToken } }),
    });

  test('a refusal says why, and a write what allowed it', async () => {
    const user = await room.user('alice', allow('oss:PutObject', '*'), deny('oss:DeleteObject'));
    await oss(user, { method: 'PUT', key: 'k', body: 'x' });
    expect((await last('oss:PutObject')).why).toEqual(['Allow oss:PutObject by P[0]']);
    await oss(user, { method: 'DELETE', key: 'k' });
    expect((await last('oss:DeleteObject')).why).toEqual(['Deny oss:DeleteObject by P[1]']);
    await oss(user, { key: 'k' });
    expect((await last('oss:GetObject')).why).toEqual([
      'No Allow for oss:GetObject in identity: no statement is about it',
    ]);
  });

  test('a thousand keys that one statement allows are one line', async () => {
    const user = await room.user('alice', allow('oss:DeleteObject'));
    const keys = Array.from({ length: 1000 }, (_, i) => `<Object><Key>k${i}</Key></Object>`).join('');
    const body = `<Delete>${keys}</Delete>`;
    const md5 = createHash('md5').update(body).digest('base64');
    const reply = await send(await room.dataPlane(), {
      bucket: room.installation.bucket,
      method: 'POST',
      key: '',
      query: [['delete', '']],
      body,
      headers: { 'content-md5': md5 },
      accessKeyId: user.accessKeyId,
      secret: user.accessKeySecret,
    });
    expect(reply.status).toBe(200);
    expect((await last('oss:DeleteMultipleObjects')).why).toEqual(['Allow oss:DeleteObject by P[0]']);
  });

  test('the account itself is asked nothing', async () => {
    await oss(await room.rootKey(), { method: 'PUT', key: 'k', body: 'x' });
    expect((await last('oss:PutObject')).why).toBeUndefined();
  });
});

test('a call that asks much tells of six answers, and of the refusal always', () => {
  const principal: Principal = { kind: 'user', accountId: '1', userId: '1', userName: 'a' };
  const decisions = new Decisions();
  const answer = (action: string, allowed: boolean) =>
    decisions.add({
      principal,
      demand: { action, resource: 'r' },
      decision: {
        allowed,
        verdicts: { identity: { outcome: 'Allow', decidedBy: { policy: 'p', type: 'Custom', statement: 0 } } },
        explain: () => ({ allowed, action, resource: 'r', sets: [], sentence: '' }),
        ...(allowed ? {} : { noPermissionType: 'ImplicitDeny', policyType: 'AccountLevelIdentityBasedPolicy' }),
      },
    });
  for (let i = 0; i < 20; i++) answer(`a:${i}`, true);
  answer('a:last', false);
  const lines = decisions.lines() ?? [];
  expect(lines).toHaveLength(7);
  expect([lines[0], lines.at(-1)]).toEqual(['No Allow for a:last in identity', 'and 15 more']);
});
