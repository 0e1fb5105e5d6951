import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlPlane } from '../../http/control-plane.js';
import { allow, type ControlRoom, controlRoom, policyOf, trusting } from '../../testing/control-room.js';
import { movableClock } from '../../testing/fixed-parts.js';
import type { Keys } from '../../testing/signed-call.js';

// The official clients, unmodified; they are CommonJS and belong to the end-to-end tests.
const clients = createRequire(new URL('../../../../../e2e/package.json', import.meta.url));

let room: ControlRoom;
let root: Keys;
let close: () => Promise<void>;
let port: number;
const FOREIGN = '9999999999999999';
beforeAll(async () => {
  // Real clients sign with the time of day.
  room = await controlRoom({ clock: movableClock(Date.now()) });
  root = await room.rootKey();
  await room.db
    .insertInto('accounts')
    .values({ account_id: FOREIGN, name: 'theirs', password_hash: '', created_at: 0 })
    .execute();
  const { app, server } = await controlPlane({
    createServer: (handler) => createServer(handler),
    rpc: room.rpc,
    appServer: undefined,
    welcome: () => undefined,
    pages: undefined,
    ossEndpoint: () => 'http://127.0.0.1',
    secure: false,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.address() as AddressInfo).port;
  close = () => app.close();
});
afterAll(async () => {
  await close();
  await room.close();
});

interface Refused {
  readonly message: string;
  readonly detail: Readonly<Record<string, string>>;
}
let count = 0;
const user = (...statements: Parameters<ControlRoom['user']>[1][]) => room.user(`d${++count}`, ...statements);
const refusedCall = async (keys: Keys, action: string, params: Record<string, string> = {}): Promise<Refused> => {
  const { status, body } = await room.call(keys, action, params);
  expect(status).toBe(403);
  const detail = body.AccessDeniedDetail ?? {};
  return { message: detail.EncodedDiagnosticMessage ?? '', detail };
};
type Decoded = Readonly<Record<string, unknown>> & { readonly ExplanationDetail: string };
const decode = async (keys: Keys, EncodedDiagnosticMessage: string) => {
  const { status, body } = await room.call(keys, 'DecodeDiagnosticMessage', { EncodedDiagnosticMessage });
  return { status, code: body.Code, message: body.Message, decoded: body.DecodedDiagnosticMessage as Decoded };
};
const INVALID = { status: 400, code: 'InvalidParameter.EncodedDiagnosticMessage' };
const reader = () => user(allow('ram:DecodeDiagnosticMessage'));

describe('a refusal', () => {
  test('is explained to who may decode it', async () => {
    const keys = await user(
      allow('vod:*', '*', { Condition: { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' } } }),
      allow('oss:*'),
    );
    const { message, detail } = await refusedCall(keys, 'GetVideoInfo', { VideoId: 'a'.repeat(32) });
    expect(detail).toMatchObject({ AuthPrincipalDisplayName: keys.userId, NoPermissionType: 'ImplicitDeny' });
    const sealed = Buffer.from(message.split('.').at(-1) ?? '', 'base64url').toString('latin1');
    expect(sealed.length).toBeGreaterThan(100);
    for (const hidden of ['10.0.0.0', 'Statement', 'vod:GetVideoInfo']) {
      expect(message).not.toContain(hidden);
      expect(sealed).not.toContain(hidden);
    }
    const { decoded } = await decode(await reader(), message);
    expect(decoded).toMatchObject({
      AuthAction: 'vod:GetVideoInfo',
      AuthPrincipal: {
        AuthPrincipalType: 'SubUser',
        AuthPrincipalOwnerId: room.accountId,
        AuthPrincipalDisplayName: keys.userId,
      },
      ExplicitDeny: false,
      NoPermissionPolicyType: 'AccountLevelIdentityBasedPolicy',
      MatchedPolicies: [],
      Explanation: expect.stringMatching(
        /its condition IpAddress wants acs:SourceIp to be "10\.0\.0\.0\/8", and it is "192\.0\.2\.\d+"\.$/,
      ),
    });
    expect(decoded.AuthConditions).toContainEqual({ ConditionKey: 'acs:SecureTransport', ConditionValues: ['false'] });
    expect(JSON.parse(decoded.ExplanationDetail)).toMatchObject({
      requestId: expect.stringMatching(/^[0-9A-F-]{36}$/),
      sets: [{ set: 'identity', missing: 'condition', nearest: [{ pointer: '/Statement/0' }] }],
    });
  });

  test('names the statement that denies', async () => {
    const keys = await user(allow('*'), { Effect: 'Deny', Action: 'ram:Create*', Resource: '*' });
    const { message } = await refusedCall(keys, 'CreateUser', { UserName: 'x' });
    expect((await decode(await reader(), message)).decoded).toMatchObject({
      ExplicitDeny: true,
      MatchedPolicies: [{ Effect: 'Deny', PolicyType: 'Custom', AttachedScope: 'Account' }],
    });
  });

  test('is not explained to who may not, and least of all to the one who was refused', async () => {
    const keys = await user(allow('oss:*'));
    const { message } = await refusedCall(keys, 'CreateUser', { UserName: 'x' });
    expect(await decode(keys, message)).toMatchObject({ status: 403, code: 'NoPermission' });
  });

  test('says nothing in plain that is in a policy', async () => {
    const keys = await user(allow('ram:*', `acs:ram:*:${room.accountId}:user/secret-name`));
    const { status, text } = await room.call(keys, 'CreateUser', { UserName: 'x' });
    expect(status).toBe(403);
    expect(text).not.toMatch(/secret-name|Statement/);
  });

  test('of the anonymous is not explained', async () => {
    const { text } = await room.call({ accessKeyId: '', accessKeySecret: '' }, 'CreateUser', { UserName: 'x' });
    expect(text).not.toContain('EncodedDiagnosticMessage');
  });

  test('in XML has it too, and the answer can be had in XML', async () => {
    const { text } = await room.call(await user(), 'CreateUser', { UserName: 'x' }, { format: 'XML' });
    const [, message = ''] = /<EncodedDiagnosticMessage>([^<]+)</.exec(text) ?? [];
    const params = { EncodedDiagnosticMessage: message };
    const decoded = await room.call(root, 'DecodeDiagnosticMessage', params, { format: 'XML' });
    expect(decoded.text).toContain('<NoPermissionPolicyType>AccountLevelIdentityBasedPolicy</NoPermissionPolicyType>');
  });
});

describe('a message', () => {
  test('that was changed, cut or made up is refused', async () => {
    const { message } = await refusedCall(await user(), 'CreateUser', { UserName: 'x' });
    const half = message.length >> 1;
    const flipped = message.slice(0, half) + (message[half] === 'A' ? 'B' : 'A') + message.slice(half + 1);
    for (const bad of [flipped, message.slice(0, -4), `${message}A`, 'x', '1.AAAA.AAAA', '你好']) {
      expect(await decode(root, bad)).toMatchObject(INVALID);
    }
    expect(await decode(root, 'x'.repeat(9_000))).toMatchObject({
      status: 400,
      code: 'InvalidParameter.EncodedDiagnosticMessage.Length',
    });
    expect(await decode(root, '')).toMatchObject({ status: 400, code: 'MissingEncodedDiagnosticMessage' });
    expect(await decode(root, message)).toMatchObject({ status: 200 });
  });

  test('of another account is refused like noise', async () => {
    const { message } = await refusedCall(await user(), 'CreateUser', { UserName: 'x' });
    const { accessKeyId, accessKeySecret } = await room.store.createAccessKey(room.db, FOREIGN, null);
    expect(await decode({ accessKeyId, accessKeySecret }, message)).toMatchObject(INVALID);
  });

  test('about a role of another account does not tell whom that role trusts', async () => {
    await room.store.createRole(room.db, FOREIGN, {
      name: 'theirs',
      description: '',
      trustPolicy: trusting(`acs:ram::${room.accountId}:root`, { StringEquals: { 'sts:ExternalId': 'agreed' } }),
      maxSessionDuration: 3600,
    });
    const keys = await user(allow('sts:AssumeRole'));
    const params = { RoleArn: `acs:ram::${FOREIGN}:role/theirs`, RoleSessionName: 'alice', ExternalId: 'guessed' };
    const { message, detail } = await refusedCall(keys, 'AssumeRole', params);
    expect(detail.PolicyType).toBe('AssumeRolePolicy');
    const { status, decoded } = await decode(root, message);
    expect(status).toBe(200);
    expect(JSON.stringify(decoded)).not.toMatch(/agreed|sts:ExternalId (to|needs)|Nearest/);
  });

  test('about a role of the account does', async () => {
    const trust = trusting(`acs:ram::${room.accountId}:root`, { StringEquals: { 'sts:ExternalId': 'agreed' } });
    const { arn } = await room.role('ours', trust);
    const keys = await user(allow('sts:AssumeRole'));
    const { message } = await refusedCall(keys, 'AssumeRole', { RoleArn: arn, RoleSessionName: 'alice' });
    expect((await decode(root, message)).decoded).toMatchObject({
      NoPermissionPolicyType: 'AssumeRolePolicy',
      Explanation: expect.stringContaining('needs sts:ExternalId, which the request does not have'),
    });
  });

  test('about a session tells of its session policy', async () => {
    const { arn } = await room.role('narrow', trusting(`acs:ram::${room.accountId}:root`), [allow('*')]);
    const caller = await user(allow('sts:AssumeRole'));
    const keys = await room.session(caller, { RoleArn: arn, Policy: policyOf(allow('vod:*')) });
    const { message } = await refusedCall(keys, 'CreateUser', { UserName: 'x' });
    expect((await decode(root, message)).decoded).toMatchObject({
      AuthPrincipal: { AuthPrincipalType: 'AssumedRoleUser', AuthPrincipalDisplayName: 'narrow:alice' },
      NoPermissionPolicyType: 'SessionPolicy',
      Explanation: expect.stringMatching(/No Allow statement of the session policy is about ram:CreateUser\.$/),
    });
  });
});

describe('the official clients, unmodified', () => {
  test('@alicloud/ram20150501 (ACS3) gets the message with the error, and decodes it', async () => {
    const { $OpenApiUtil } = clients('@alicloud/openapi-core');
    const { default: Ram, CreateUserRequest, DecodeDiagnosticMessageRequest } = clients('@alicloud/ram20150501');
    const client = ({ accessKeyId, accessKeySecret }: Keys) =>
      new Ram(
        new $OpenApiUtil.Config({ accessKeyId, accessKeySecret, endpoint: `127.0.0.1:${port}`, protocol: 'HTTP' }),
      );
    const error = await client(await user())
      .createUser(new CreateUserRequest({ userName: 'x' }))
      .then(
        () => undefined,
        (refused: { accessDeniedDetail?: Record<string, string> }) => refused,
      );
    const encodedDiagnosticMessage = error?.accessDeniedDetail?.EncodedDiagnosticMessage;
    expect(encodedDiagnosticMessage).toMatch(/^1\./);
    const answer = await client(root).decodeDiagnosticMessage(
      new DecodeDiagnosticMessageRequest({ encodedDiagnosticMessage }),
    );
    expect(answer.body.decodedDiagnosticMessage).toMatchObject({
      authAction: 'ram:CreateUser',
      authResource: `acs:ram:*:${room.accountId}:user/*`,
      explicitDeny: false,
      matchedPolicies: [],
      noPermissionPolicyType: 'AccountLevelIdentityBasedPolicy',
      authPrincipal: { authPrincipalType: 'SubUser', authPrincipalOwnerId: room.accountId },
    });
    expect(answer.body.decodedDiagnosticMessage.authConditions).toHaveLength(3);
  });

  test('@alicloud/pop-core (RPC) decodes it', async () => {
    const Rpc = clients('@alicloud/pop-core');
    const { message } = await refusedCall(await user(), 'CreateUser', { UserName: 'x' });
    const client = new Rpc({ ...root, endpoint: `http://127.0.0.1:${port}`, apiVersion: '2015-05-01' });
    const answer = await client.request('DecodeDiagnosticMessage', { EncodedDiagnosticMessage: message });
    expect(answer.DecodedDiagnosticMessage).toMatchObject({ AuthAction: 'ram:CreateUser', ExplicitDeny: false });
    await expect(client.request('DecodeDiagnosticMessage', { EncodedDiagnosticMessage: 'x' })).rejects.toMatchObject({
      code: 'InvalidParameter.EncodedDiagnosticMessage',
    });
  });
});
