/** Every operation of RAM about people, with the official clients as they are, on a running server. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatIso, percentEncode, signRpc } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { type TOTP, URI } from 'otpauth';
import decodeQR from 'qr/decode.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi, type Keys } from './support/api.js';
import { installWithRootKey } from './support/root-key.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

// The clients are CommonJS, and not all of their types survive being imported from a module.
const require = createRequire(import.meta.url);
const { PNG } = require('pngjs');
const Rpc = require('@alicloud/pop-core');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const sdk = require('@alicloud/ram20150501');

type Given = Readonly<Record<string, unknown>>;
type Model = Record<string, unknown> & { constructor: { names?(): Record<string, string> } };

let data: string;
let server: ServerProcess;
let root: Keys;
let accountId: string;

beforeAll(async () => {
  data = await temporaryDirectory();
  const installed = await installWithRootKey(data);
  root = installed.keys;
  accountId = installed.credentials.accountId;
  server = await startServer({ data });
});
afterAll(async () => {
  await server?.stop();
  await rm(data, { recursive: true, force: true });
});

/** @alicloud/ram20150501: signs with ACS3. */
function ram(keys: Keys = root) {
  const client = new sdk.default(
    new $OpenApiUtil.Config({ ...keys, endpoint: `127.0.0.1:${server.apiPort}`, protocol: 'HTTP' }),
  );
  /** @returns the body of the answer as the client reads it */
  return async (operation: string, given?: Given): Promise<Model> => {
    const name = `${operation[0]?.toUpperCase()}${operation.slice(1)}`;
    const request = sdk[`${name}Request`];
    const answer = await (request ? client[operation](new request(given ?? {})) : client[operation]());
    expect(answer.statusCode, operation).toBe(200);
    expect(answer.body.requestId, operation).toMatch(/^[0-9A-F-]{36}$/);
    return answer.body;
  };
}

/** Members that the client knows of and the answer does not have. */
function absent(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => absent(item, path));
  if (typeof value !== 'object' || value === null) return [];
  const model = value as Model;
  const names = Object.keys(model.constructor.names?.() ?? {});
  return names.flatMap((name) => {
    const at = path === '' ? name : `${path}.${name}`;
    return model[name] === undefined ? [at] : absent(model[name], at);
  });
}

const part = (model: Model, ...names: string[]): Model => names.reduce((at, name) => at[name] as Model, model);
const failure = async (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'no failure',
    (error: { code?: string }) => error.code,
  );

/** What an authenticator app makes of the picture. */
function scan(qrCodePng: string): TOTP {
  const { width, height, data } = PNG.sync.read(Buffer.from(qrCodePng, 'base64'));
  return URI.parse(decodeQR({ width, height, data })) as TOTP;
}

const pairOf = (app: TOTP, now = Date.now()) => ({
  authenticationCode1: app.generate({ timestamp: now - 30_000 }),
  authenticationCode2: app.generate({ timestamp: now }),
});

describe('@alicloud/ram20150501 (ACS3)', () => {
  test('users', async () => {
    const call = ram();
    const full = {
      userName: 'zhang.san',
      displayName: '张三',
      mobilePhone: '86-18600008888',
      email: 'zhang@example.com',
      comments: 'uploads + edits, "news" & more',
    };
    const created = await call('createUser', full);
    expect(created.user).toMatchObject({ ...full, userId: expect.stringMatching(/^\d{16}$/) });
    expect(absent(created)).toEqual([]);
    const updated = await call('updateUser', { userName: 'zhang.san', newUserName: 'zhangsan', newComments: 'edits' });
    expect(updated.user).toMatchObject({ userName: 'zhangsan', comments: 'edits', displayName: '张三' });
    expect(absent(updated)).toEqual([]);
    const shown = await call('getUser', { userName: 'zhangsan' });
    expect(shown.user).toMatchObject({ ...full, userName: 'zhangsan', comments: 'edits', lastLoginDate: '' });
    expect(absent(shown)).toEqual([]);

    const first = await call('listUsers', { maxItems: 1 });
    expect(first).toMatchObject({ isTruncated: true, users: { user: [{ userName: 'appserver' }] } });
    const second = await call('listUsers', { maxItems: 1, marker: first.marker });
    expect(second).toMatchObject({ isTruncated: false, users: { user: [{ userName: 'zhangsan' }] } });
    expect(absent(second)).toEqual(['marker']);

    expect(await failure(call('createUser', { userName: 'zhangsan' }))).toBe('EntityAlreadyExists.User');
    await call('deleteUser', { userName: 'zhangsan' });
    expect(await failure(call('getUser', { userName: 'zhangsan' }))).toBe('EntityNotExist.User');
    expect(await failure(call('getUser', {}))).toBe('MissingUserName');
  });

  test('access keys', async () => {
    const call = ram();
    await call('createUser', { userName: 'keeper' });
    const created = await call('createAccessKey', { userName: 'keeper' });
    expect(absent(created)).toEqual([]);
    const { accessKeyId, accessKeySecret } = part(created, 'accessKey') as unknown as Keys;
    const own = ram({ accessKeyId, accessKeySecret });
    const listed = await call('listAccessKeys', { userName: 'keeper' });
    expect(part(listed, 'accessKeys').accessKey).toMatchObject([{ accessKeyId, status: 'Active' }]);
    expect(absent(listed)).toEqual([]);
    expect(await failure(own('listAccessKeys', {}))).toBe('NoPermission');
    const used = await call('getAccessKeyLastUsed', { userName: 'keeper', userAccessKeyId: accessKeyId });
    expect(absent(used)).toEqual([]);
    expect(Date.parse(String(part(used, 'accessKeyLastUsed').lastUsedDate))).toBeGreaterThan(Date.now() - 60_000);
    await call('setSecurityPreference', { allowUserToManageAccessKeys: true });
    await own('listAccessKeys', {});
    const second = await own('createAccessKey', {});
    expect(await failure(own('createAccessKey', {}))).toBe('LimitExceeded.User.AccessKey');
    await own('deleteAccessKey', { userAccessKeyId: part(second, 'accessKey').accessKeyId });
    await call('setSecurityPreference', { allowUserToManageAccessKeys: false });
    await call('updateAccessKey', { userName: 'keeper', userAccessKeyId: accessKeyId, status: 'Inactive' });
    expect(await failure(own('listAccessKeys', {}))).toBe('InvalidAccessKeyId.Inactive');
    expect(await failure(call('deleteUser', { userName: 'keeper' }))).toBe('DeleteConflict.User.AccessKey');
    await call('deleteAccessKey', { userName: 'keeper', userAccessKeyId: accessKeyId });
    await call('deleteUser', { userName: 'keeper' });
  });

  test('groups', async () => {
    const call = ram();
    await call('createUser', { userName: 'member' });
    const created = await call('createGroup', { groupName: 'editors', comments: 'news' });
    expect(created.group).toMatchObject({ groupName: 'editors', comments: 'news' });
    expect(absent(created)).toEqual([]);
    const updated = await call('updateGroup', { groupName: 'editors', newGroupName: 'writers', newComments: 'more' });
    expect(absent(updated)).toEqual([]);
    const shown = await call('getGroup', { groupName: 'writers' });
    expect(shown.group).toMatchObject({ groupName: 'writers', comments: 'more' });
    expect(absent(shown)).toEqual([]);
    await call('addUserToGroup', { userName: 'member', groupName: 'writers' });
    const groups = await call('listGroupsForUser', { userName: 'member' });
    expect(part(groups, 'groups').group).toMatchObject([{ groupName: 'writers' }]);
    expect(absent(groups)).toEqual([]);
    const users = await call('listUsersForGroup', { groupName: 'writers', maxItems: 10 });
    expect(part(users, 'users').user).toMatchObject([{ userName: 'member' }]);
    expect(absent(users)).toEqual(['marker']);
    const all = await call('listGroups', { maxItems: 100 });
    expect(part(all, 'groups').group).toMatchObject([{ groupName: 'writers' }]);
    expect(absent(all)).toEqual(['marker']);
    expect(await failure(call('deleteGroup', { groupName: 'writers' }))).toBe('DeleteConflict.Group.User');
    await call('removeUserFromGroup', { userName: 'member', groupName: 'writers' });
    await call('deleteGroup', { groupName: 'writers' });
    await call('deleteUser', { userName: 'member' });
  });

  test('login profiles and passwords', async () => {
    const call = ram();
    const policy = await call('setPasswordPolicy', {
      minimumPasswordLength: 10,
      requireLowercaseCharacters: true,
      requireUppercaseCharacters: true,
      requireNumbers: true,
      requireSymbols: true,
      hardExpiry: true,
      maxPasswordAge: 90,
      passwordReusePrevention: 1,
      maxLoginAttemps: 3,
    });
    expect(absent(policy)).toEqual([]);
    const shown = await call('getPasswordPolicy');
    expect(shown.passwordPolicy).toEqual(policy.passwordPolicy);
    expect(shown.passwordPolicy).toMatchObject({ minimumPasswordLength: 10, hardExpiry: true, maxLoginAttemps: 3 });

    const userName = 'clerk';
    await call('createUser', { userName });
    const own = ram(part(await call('createAccessKey', { userName }), 'accessKey') as unknown as Keys);
    const weak = call('createLoginProfile', { userName, password: 'correct horse' });
    expect(await failure(weak)).toBe('InvalidParameter.Password.TooWeak');
    const password = 'Correct-Horse+1 & ü';
    const created = await call('createLoginProfile', { userName, password, MFABindRequired: true });
    expect(created.loginProfile).toMatchObject({ userName, MFABindRequired: true, passwordResetRequired: false });
    expect(absent(created)).toEqual([]);
    await call('updateLoginProfile', { userName, MFABindRequired: false, passwordResetRequired: true });
    const profile = await call('getLoginProfile', { userName });
    expect(profile.loginProfile).toMatchObject({ MFABindRequired: false, passwordResetRequired: true });
    expect(absent(profile)).toEqual([]);
    const change = (oldPassword: string, newPassword: string) => own('changePassword', { oldPassword, newPassword });
    expect(await failure(change('wrong', 'Battery-Staple-2'))).toBe('InvalidParameter.OldPassword.Incorrect');
    expect(await failure(change(password, password))).toBe('InvalidParameter.NewPassword.ReusePrevention');
    await change(password, 'Battery-Staple-2');
    expect(await failure(call('changePassword', { oldPassword: 'a', newPassword: 'b' }))).toBe('NotSupport.Account');
    expect((await call('getLoginProfile', { userName })).loginProfile).toMatchObject({ passwordResetRequired: false });
    await call('deleteLoginProfile', { userName });
    expect(await failure(call('getLoginProfile', { userName }))).toBe('EntityNotExist.User.LoginProfile');
  });

  test('MFA devices, with an authenticator app', async () => {
    const call = ram();
    const userName = 'holder';
    await call('createUser', { userName });
    const created = await call('createVirtualMFADevice', { virtualMFADeviceName: 'holder-phone' });
    expect(absent(created)).toEqual([]);
    const device = part(created, 'virtualMFADevice');
    const { serialNumber } = device;
    expect(serialNumber).toBe(`acs:ram::${accountId}:mfa/holder-phone`);
    const app = scan(String(device.QRCodePNG));
    expect(app.secret.base32).toBe(device.base32StringSeed);
    expect([app.issuer, app.label, app.digits, app.period]).toEqual(['Sluice', `holder-phone@${accountId}`, 6, 30]);

    const codes = pairOf(app);
    const swapped = { authenticationCode1: codes.authenticationCode2, authenticationCode2: codes.authenticationCode1 };
    expect(await failure(call('bindMFADevice', { serialNumber, userName, ...swapped }))).toBe(
      'CheckAuthenticationCodeFail',
    );
    await call('bindMFADevice', { serialNumber, userName, ...pairOf(app) });
    const info = await call('getUserMFAInfo', { userName });
    expect(info.MFADevice).toMatchObject({ serialNumber, type: 'VMFA' });
    expect(absent(info)).toEqual([]);
    const listed = await call('listVirtualMFADevices');
    expect(part(listed, 'virtualMFADevices').virtualMFADevice).toMatchObject([{ serialNumber, user: { userName } }]);
    expect(absent(listed)).toEqual([]);
    expect(await failure(call('deleteVirtualMFADevice', { serialNumber }))).toBe(
      'DeleteConflict.VirtualMFADevice.User',
    );
    expect(await failure(call('deleteUser', { userName }))).toBe('DeleteConflict.User.MFADevice');
    const unbound = await call('unbindMFADevice', { userName });
    expect(absent(unbound)).toEqual([]);
    await call('deleteVirtualMFADevice', { serialNumber });
    await call('deleteUser', { userName });
  });

  test('preferences and alias', async () => {
    const call = ram();
    const all = {
      enableSaveMFATicket: true,
      allowUserToChangePassword: false,
      allowUserToManageAccessKeys: true,
      allowUserToManageMFADevices: false,
      allowUserToManagePublicKeys: true,
      loginSessionDuration: 8,
      loginNetworkMasks: '10.0.0.0/8;192.168.0.0/16',
    };
    const set = await call('setSecurityPreference', all);
    expect(set.securityPreference).toMatchObject({
      loginProfilePreference: {
        enableSaveMFATicket: true,
        allowUserToChangePassword: false,
        loginSessionDuration: 8,
        loginNetworkMasks: '10.0.0.0/8;192.168.0.0/16',
      },
      accessKeyPreference: { allowUserToManageAccessKeys: true },
      MFAPreference: { allowUserToManageMFADevices: false },
      publicKeyPreference: { allowUserToManagePublicKeys: true },
    });
    expect(absent(set)).toEqual([]);
    const shown = await call('getSecurityPreference');
    expect(shown.securityPreference).toEqual(set.securityPreference);
    await call('setAccountAlias', { accountAlias: 'our-company' });
    expect((await call('getAccountAlias')).accountAlias).toBe('our-company');
    await call('clearAccountAlias');
    expect((await call('getAccountAlias')).accountAlias).toBe('');
  });
});

describe.each(['GET', 'POST'])('@alicloud/pop-core (RPC, %s)', (method) => {
  const client = () => new Rpc({ ...root, endpoint: server.api, apiVersion: '2015-05-01' });
  const call = (action: string, given: Given = {}) => client().request(action, given, { method, timeout: 20_000 });

  test('manages a user, its password and its device', async () => {
    const UserName = `pop-${method.toLowerCase()}`;
    await call('CreateUser', { UserName, Comments: 'a+b c&d' });
    expect((await call('GetUser', { UserName })).User).toMatchObject({ UserName, Comments: 'a+b c&d' });
    await call('SetPasswordPolicy', { MinimumPasswordLength: 8, MaxLoginAttemps: 10 });
    expect((await call('GetPasswordPolicy')).PasswordPolicy).toMatchObject({ MaxLoginAttemps: 10, HardExpiry: false });
    const { LoginProfile } = await call('CreateLoginProfile', {
      UserName,
      Password: 'a+b c&d=e%',
      MFABindRequired: true,
    });
    expect(LoginProfile).toMatchObject({ UserName, MFABindRequired: true });
    const { VirtualMFADevice } = await call('CreateVirtualMFADevice', { VirtualMFADeviceName: UserName });
    const { SerialNumber } = VirtualMFADevice;
    const codes = pairOf(scan(VirtualMFADevice.QRCodePNG));
    await call('BindMFADevice', {
      SerialNumber,
      UserName,
      AuthenticationCode1: codes.authenticationCode1,
      AuthenticationCode2: codes.authenticationCode2,
    });
    expect((await call('GetUserMFAInfo', { UserName })).MFADevice).toEqual({ SerialNumber, Type: 'VMFA' });
    expect(await failure(call('DeleteUser', { UserName }))).toBe('DeleteConflict.User.LoginProfile');
    await call('UnbindMFADevice', { UserName });
    await call('DeleteVirtualMFADevice', { SerialNumber });
    await call('DeleteLoginProfile', { UserName });
    await call('DeleteUser', { UserName });
    expect(await failure(call('GetUser', { UserName }))).toBe('EntityNotExist.User');
  });
});

test('XML, as clients that ask for it read it', async () => {
  const xml = async (action: string, given: Readonly<Record<string, string>> = {}): Promise<string> => {
    const pairs: [string, string][] = Object.entries({
      Action: action,
      Version: '2015-05-01',
      Format: 'XML',
      AccessKeyId: root.accessKeyId,
      SignatureMethod: 'HMAC-SHA1',
      SignatureVersion: '1.0',
      SignatureNonce: randomUUID(),
      Timestamp: formatIso(Date.now()),
      ...given,
    });
    pairs.push(['Signature', signRpc(nodeDigests, root.accessKeySecret, 'GET', pairs)]);
    const query = pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
    return (await fetch(`${server.api}/?${query}`)).text();
  };
  await xml('CreateUser', { UserName: 'xml', Comments: '<&>' });
  expect(await xml('GetUser', { UserName: 'xml' })).toMatch(
    /<GetUserResponse><RequestId>[0-9A-F-]{36}<\/RequestId><User><UserId>\d{16}<\/UserId><UserName>xml<\/UserName>.*<Comments>&lt;&amp;(&gt;|>)<\/Comments>/,
  );
  expect(await xml('CreateLoginProfile', { UserName: 'xml', Password: 'correct horse' })).toContain(
    '<LoginProfile><UserName>xml</UserName><PasswordResetRequired>false</PasswordResetRequired><MFABindRequired>false</MFABindRequired>',
  );
  await xml('CreateVirtualMFADevice', { VirtualMFADeviceName: 'xml' });
  expect(await xml('ListVirtualMFADevices')).toContain(
    `<VirtualMFADevices><VirtualMFADevice><SerialNumber>acs:ram::${accountId}:mfa/xml</SerialNumber><User></User></VirtualMFADevice></VirtualMFADevices>`,
  );
  expect(await xml('GetSecurityPreference')).toContain('<MFAPreference><AllowUserToManageMFADevices>');
  expect(await xml('GetUserMFAInfo', { UserName: 'xml' })).toContain('<Code>EntityNotExist.User.MFADevice</Code>');
});

test('the example makes a user that may upload and nothing else', async () => {
  const run = promisify(execFile);
  const example = join(repository, 'examples', 'upload-user', 'create.mjs');
  const env = { ...process.env, ACCESS_KEY_ID: root.accessKeyId, ACCESS_KEY_SECRET: root.accessKeySecret };
  const { stdout } = await run(process.execPath, [example, server.api, 'news-desk'], { env });
  const { AccessKeyId, AccessKeySecret } = JSON.parse(stdout);
  const keys = { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
  const video = { Title: 'news', FileName: 'news.mp4' };
  expect((await callApi(server.api, keys, '2017-03-21', 'CreateUploadVideo', video)).status).toBe(200);
  expect((await callApi(server.api, keys, '2017-03-21', 'GetVideoInfo', { VideoId: '0'.repeat(32) })).status).toBe(403);
  expect((await callApi(server.api, keys, '2015-05-01', 'ListUsers')).status).toBe(403);
  // A second time it makes a second key, and the third time there is a limit.
  await run(process.execPath, [example, server.api, 'news-desk'], { env });
  await expect(run(process.execPath, [example, server.api, 'news-desk'], { env })).rejects.toThrow(
    'LimitExceeded.User.AccessKey',
  );
});

test('none of the secrets reached the log', async () => {
  const logged = JSON.stringify(server.requests);
  expect(server.requests.length).toBeGreaterThan(50);
  for (const secret of ['Correct-Horse', 'Battery-Staple', 'correct horse', root.accessKeySecret]) {
    expect(logged).not.toContain(secret);
  }
});
