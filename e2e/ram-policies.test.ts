/** Policies, roles, attachments, tags and identity providers with the official clients, unmodified, on the running product. */
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessKeys, bootstrap, ram } from './support/administrator.js';
import { runCommand } from './support/command.js';
import { type ServerProcess, startServer } from './support/server.js';

// The clients are CommonJS, and not all of their types survive being imported from a module.
const require = createRequire(import.meta.url);
const Rpc = require('@alicloud/pop-core');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const Ram = require('@alicloud/ram20150501');
const Ims = require('@alicloud/ims20190815');

// biome-ignore lint/suspicious/noExplicitAny: the clients are used as JavaScript
type Client = any;

let server: ServerProcess;
let keys: AccessKeys;
let acs3: Client;
let ims: Client;
let pop: Client;
let account: string;

beforeAll(async () => {
  server = await startServer({ env: { SLUICE_OIDC_PROVIDER_ALLOW: '127.0.0.1' } });
  account = server.credentials.accountId;
  keys = await bootstrap(server.data);
  const config = new $OpenApiUtil.Config({
    accessKeyId: keys.AccessKeyId,
    accessKeySecret: keys.AccessKeySecret,
    endpoint: `127.0.0.1:${server.apiPort}`,
    protocol: 'HTTP',
  });
  acs3 = new Ram.default(config);
  ims = new Ims.default(config);
  pop = new Rpc({
    accessKeyId: keys.AccessKeyId,
    accessKeySecret: keys.AccessKeySecret,
    endpoint: server.api,
    apiVersion: '2015-05-01',
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(server?.data ?? '', { recursive: true, force: true });
});

/** By its name in the client: `call('createRole', {…})`. */
async function call(operation: string, given: object = {}): Promise<Client> {
  const model = `${operation[0]?.toUpperCase()}${operation.slice(1)}Request`;
  const answer = await acs3[operation](new Ram[model](given));
  expect(answer.statusCode, operation).toBe(200);
  expect(answer.body.requestId, operation).toMatch(/^[0-9A-F-]{36}$/);
  return answer.body;
}
async function callIms(operation: string, given?: object): Promise<Client> {
  const model = `${operation[0]?.toUpperCase()}${operation.slice(1)}Request`;
  const answer = await (given === undefined ? ims[operation]() : ims[operation](new Ims[model](given)));
  expect(answer.statusCode, operation).toBe(200);
  return answer.body;
}
const codeOf = (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    () => 'none',
    (error: { code?: string }) => error.code ?? String(error),
  );
const refused = (operation: string, given: object): Promise<string> => codeOf(call(operation, given));
const rpc = (action: string, params: object = {}, method = 'POST'): Promise<Client> =>
  pop.request(action, params, { method });

const document = (...actions: readonly string[]): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }, null, 1);
const trust = (Principal: object = { RAM: [`acs:ram::${account}:root`] }): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal }] });

describe('@alicloud/ram20150501 (ACS3)', () => {
  test('policies and their versions', async () => {
    // To the blank: spaces, line ends and letters outside ASCII.
    const first = ` ${document('oss:GetObject')}\n\t`;
    const created = await call('createPolicy', {
      policyName: 'Life',
      policyDocument: first,
      description: 'für 片 & <x>',
      tag: [new Ram.CreatePolicyRequestTag({ key: 'team', value: 'a+b %' })],
    });
    expect(created.policy).toMatchObject({
      policyName: 'Life',
      policyType: 'Custom',
      description: 'für 片 & <x>',
      defaultVersion: 'v1',
    });
    expect(created.policy.createDate).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const got = await call('getPolicy', { policyName: 'Life', policyType: 'Custom' });
    expect(got.defaultPolicyVersion).toMatchObject({ versionId: 'v1', isDefaultVersion: true, policyDocument: first });
    expect(got.policy).toMatchObject({ attachmentCount: 0, policyType: 'Custom' });

    const { policy } = await call('updatePolicyDescription', { policyName: 'Life', newDescription: 'of a policy' });
    expect(policy).toMatchObject({ policyName: 'Life', description: 'of a policy', updateDate: expect.any(String) });

    const second = document('oss:PutObject');
    const version = { policyName: 'Life', policyDocument: second };
    const added = await call('createPolicyVersion', { ...version, setAsDefault: true });
    expect(added.policyVersion).toMatchObject({ versionId: 'v2', isDefaultVersion: true, policyDocument: second });
    await call('setDefaultPolicyVersion', { policyName: 'Life', versionId: 'v1' });
    const shown = await call('getPolicyVersion', { policyName: 'Life', policyType: 'Custom', versionId: 'v2' });
    expect(shown.policyVersion).toMatchObject({ isDefaultVersion: false, policyDocument: second });
    for (let i = 0; i < 3; i++) await call('createPolicyVersion', version);
    expect(await refused('createPolicyVersion', version)).toBe('LimitExceeded.Policy.Version');
    await call('createPolicyVersion', {
      ...version,
      rotateStrategy: 'DeleteOldestNonDefaultVersionWhenLimitExceeded',
    });
    const { policyVersions } = await call('listPolicyVersions', { policyName: 'Life', policyType: 'Custom' });
    expect(policyVersions.policyVersion.map((each: Client) => each.versionId)).toEqual(['v1', 'v3', 'v4', 'v5', 'v6']);
    await call('deletePolicyVersion', { policyName: 'Life', versionId: 'v3' });
    expect(await refused('deletePolicyVersion', { policyName: 'Life', versionId: 'v1' })).toBe(
      'DeleteConflict.Policy.Version.Default',
    );
    expect(await refused('deletePolicy', { policyName: 'Life' })).toBe('DeleteConflict.Policy.Version');
    await call('deletePolicy', { policyName: 'Life', cascadingDelete: true });
    expect(await refused('getPolicy', { policyName: 'Life', policyType: 'Custom' })).toBe('EntityNotExist.Policy');
  });

  test('system policies, in pages', async () => {
    const names: string[] = [];
    let marker: string | undefined;
    do {
      const page = await call('listPolicies', { policyType: 'System', maxItems: 4, ...(marker ? { marker } : {}) });
      expect(page.policies.policy.length).toBeLessThanOrEqual(4);
      expect(page.isTruncated).toBe(page.marker !== undefined);
      names.push(...page.policies.policy.map((each: Client) => each.policyName));
      marker = page.marker;
    } while (marker);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(
      expect.arrayContaining([
        'AdministratorAccess',
        'AliyunOSSReadOnlyAccess',
        'AliyunRAMFullAccess',
        'AliyunVODPlayAuth',
      ]),
    );
    const { defaultPolicyVersion } = await call('getPolicy', {
      policyName: 'AliyunVODPlayAuth',
      policyType: 'System',
    });
    expect(JSON.parse(defaultPolicyVersion.policyDocument).Statement[0].Action).toContain('vod:GetVideoPlayAuth');
  });

  test('roles', async () => {
    const created = await call('createRole', {
      roleName: 'life',
      assumeRolePolicyDocument: trust(),
      description: 'd',
      maxSessionDuration: 7200,
      tag: [new Ram.CreateRoleRequestTag({ key: 'env', value: 'prod' })],
    });
    expect(created.role).toMatchObject({
      roleName: 'life',
      arn: `acs:ram::${account}:role/life`,
      assumeRolePolicyDocument: trust(),
      maxSessionDuration: 7200,
    });
    const updated = await call('updateRole', {
      roleName: 'life',
      newAssumeRolePolicyDocument: trust({ RAM: `acs:ram::${account}:user/appserver` }),
      newDescription: 'e',
      newMaxSessionDuration: 3600,
    });
    expect(updated.role).toMatchObject({ description: 'e', maxSessionDuration: 3600 });
    const got = await call('getRole', { roleName: 'life' });
    expect(got.role.assumeRolePolicyDocument).toContain('user/appserver');
    expect(got.role.updateDate).toMatch(/Z$/);
    const { roles } = await call('listRoles', { tag: [new Ram.ListRolesRequestTag({ key: 'env', value: 'prod' })] });
    expect(roles.role).toHaveLength(1);
    expect(roles.role[0].tags.tag[0]).toMatchObject({ tagKey: 'env', tagValue: 'prod' });
    const page = await call('listRoles', { maxItems: 1 });
    const next = await call('listRoles', { maxItems: 1, marker: page.marker });
    expect([page.isTruncated, next.isTruncated]).toEqual([true, false]);
    expect([page, next].map((each) => each.roles.role[0].roleName)).toEqual(['life', 'sluice-upload']);
    expect(
      await refused('updateRole', {
        roleName: 'life',
        newAssumeRolePolicyDocument: trust({ RAM: `acs:ram::${account}:user/ghost` }),
      }),
    ).toBe('MalformedPolicyDocument');
    await call('deleteRole', { roleName: 'life' });
    expect(await refused('getRole', { roleName: 'life' })).toBe('EntityNotExist.Role');
  });

  test('attachments, and everything that holds what is to be deleted', async () => {
    await call('createUser', { userName: 'holder' });
    await call('createGroup', { groupName: 'holders' });
    await call('createRole', { roleName: 'holder', assumeRolePolicyDocument: trust() });
    await call('createPolicy', { policyName: 'Held', policyDocument: document('oss:GetObject') });
    const policy = { policyName: 'Held', policyType: 'Custom' };
    const holders = [
      ['User', { userName: 'holder' }],
      ['Group', { groupName: 'holders' }],
      ['Role', { roleName: 'holder' }],
    ] as const;
    for (const [kind, name] of holders) {
      await call(`attachPolicyTo${kind}`, { ...policy, ...name });
      expect(await refused(`attachPolicyTo${kind}`, { ...policy, ...name })).toBe(`EntityAlreadyExists.${kind}.Policy`);
      const { policies } = await call(`listPoliciesFor${kind}`, name);
      expect(policies.policy).toHaveLength(1);
      expect(policies.policy[0]).toMatchObject({ policyName: 'Held', policyType: 'Custom', defaultVersion: 'v1' });
      expect(policies.policy[0].attachDate).toMatch(/Z$/);
      expect(await refused(`delete${kind}`, name)).toBe(`DeleteConflict.${kind}.Policy`);
    }
    const held = await call('listEntitiesForPolicy', policy);
    expect(held.users.user[0]).toMatchObject({ userName: 'holder' });
    expect(held.groups.group[0]).toMatchObject({ groupName: 'holders' });
    expect(held.roles.role[0]).toMatchObject({ roleName: 'holder', arn: `acs:ram::${account}:role/holder` });
    for (const [kind, name] of holders) {
      expect(await refused('deletePolicy', { policyName: 'Held' })).toBe(`DeleteConflict.Policy.${kind}`);
      await call(`detachPolicyFrom${kind}`, { ...policy, ...name });
      expect(await refused(`detachPolicyFrom${kind}`, { ...policy, ...name })).toBe(`EntityNotExist.${kind}.Policy`);
      expect((await call(`listPoliciesFor${kind}`, name)).policies.policy).toEqual([]);
    }
    for (const [kind, name] of [...holders, ['Policy', { policyName: 'Held' }] as const]) {
      await call(`delete${kind}`, name);
    }
  });

  test('tags', async () => {
    await call('createRole', { roleName: 'tagged', assumeRolePolicyDocument: trust() });
    await call('createPolicy', { policyName: 'tagged', policyDocument: document('oss:GetObject') });
    for (const resourceType of ['role', 'policy']) {
      const named = { resourceType, resourceNames: ['tagged'] };
      await call('tagResources', {
        ...named,
        tag: [
          new Ram.TagResourcesRequestTag({ key: 'k 1', value: 'ä&=' }),
          new Ram.TagResourcesRequestTag({ key: 'k2', value: '' }),
        ],
      });
      const first = await call('listTagResources', { ...named, pageSize: 1 });
      const second = await call('listTagResources', { ...named, pageSize: 1, nextToken: first.nextToken });
      expect([...first.tagResources, ...second.tagResources]).toMatchObject([
        { resourceType, resourceName: 'tagged', tagKey: 'k 1', tagValue: 'ä&=' },
        { resourceType, resourceName: 'tagged', tagKey: 'k2', tagValue: '' },
      ]);
      expect(second.nextToken).toBeUndefined();
      const byTag = await call('listTagResources', {
        resourceType,
        tag: [new Ram.ListTagResourcesRequestTag({ key: 'k 1', value: 'ä&=' })],
      });
      expect(byTag.tagResources).toHaveLength(2);
      await call('untagResources', { ...named, tagKeys: ['k2'] });
      expect((await call('listTagResources', named)).tagResources).toHaveLength(1);
      await call('untagResources', { ...named, all: true });
      expect((await call('listTagResources', named)).tagResources).toEqual([]);
    }
    const { policies } = await call('listPolicies', { tag: [new Ram.ListPoliciesRequestTag({ key: 'k2' })] });
    expect(policies.policy).toEqual([]);
    await call('deleteRole', { roleName: 'tagged' });
    await call('deletePolicy', { policyName: 'tagged' });
  });
});

test('@alicloud/ims20190815 (ACS3): identity providers and the summary', async () => {
  const named = { OIDCProviderName: 'okta' };
  const created = await callIms('createOIDCProvider', {
    ...named,
    issuerUrl: 'https://dev.example.com',
    clientIds: 'web,app',
    fingerprints: '902EF2DEEB3C5B13EA4C3D5193629309E231AE55',
    description: 'staff',
    issuanceLimitTime: 12,
  });
  const arn = `acs:ram::${account}:oidc-provider/okta`;
  expect(created.OIDCProvider).toMatchObject({ arn, clientIds: 'web,app', issuanceLimitTime: 12, ...named });
  expect(Number(created.OIDCProvider.gmtCreate)).toBeGreaterThan(1e12);
  await callIms('addClientIdToOIDCProvider', { ...named, clientId: 'more' });
  await callIms('removeClientIdFromOIDCProvider', { ...named, clientId: 'web' });
  await callIms('addFingerprintToOIDCProvider', { ...named, fingerprint: 'ff00' });
  await callIms('removeFingerprintFromOIDCProvider', {
    ...named,
    fingerprint: '902ef2deeb3c5b13ea4c3d5193629309e231ae55',
  });
  const got = await callIms('getOIDCProvider', named);
  expect(got.OIDCProvider).toMatchObject({ clientIds: 'app,more', fingerprints: 'ff00', description: 'staff' });
  await callIms('updateOIDCProvider', { ...named, newDescription: 'all', clientIds: 'x', issuanceLimitTime: 1 });
  const { OIDCProviders } = await callIms('listOIDCProviders', { maxItems: 10 });
  expect(OIDCProviders.OIDCProvider).toMatchObject([{ description: 'all', clientIds: 'x', issuanceLimitTime: 1 }]);

  await call('createRole', { roleName: 'federated', assumeRolePolicyDocument: trust({ Federated: [arn] }) });
  expect(await codeOf(callIms('deleteOIDCProvider', named))).toBe('DeleteConflict.OIDCProvider.Role');
  await call('deleteRole', { roleName: 'federated' });
  await callIms('deleteOIDCProvider', named);
  expect(await codeOf(callIms('getOIDCProvider', named))).toBe('EntityNotExist.OIDCProvider');
  expect(
    await refused('createRole', { roleName: 'federated', assumeRolePolicyDocument: trust({ Federated: [arn] }) }),
  ).toBe('MalformedPolicyDocument');
  // One that a test runs on this machine, where the setting allows it.
  await callIms('createOIDCProvider', { OIDCProviderName: 'local', issuerUrl: 'http://127.0.0.1:9' });
  await callIms('deleteOIDCProvider', { OIDCProviderName: 'local' });
  const { summaryMap } = await callIms('getAccountSummary');
  expect(summaryMap).toMatchObject({ users: 2, roles: 1, policies: 2, usersQuota: 1000, versionsPerPolicyQuota: 5 });
});

describe('@alicloud/pop-core (RPC)', () => {
  test.each(['GET', 'POST'])('walks through roles, policies, attachments and tags by %s', async (method) => {
    const PolicyName = `Pop${method}`;
    const RoleName = `pop-${method}`;
    const policy = { PolicyName, PolicyType: 'Custom' };
    await rpc('CreatePolicy', { PolicyName, PolicyDocument: document('oss:*') }, method);
    await rpc('CreatePolicyVersion', { PolicyName, PolicyDocument: document('vod:*'), SetAsDefault: true }, method);
    const role = { RoleName, AssumeRolePolicyDocument: trust(), Tag: [{ Key: 'by', Value: method }] };
    const { Role } = await rpc('CreateRole', role, method);
    // pop-core reads numbers with json-bigint: ids must be texts.
    expect(Role.RoleId).toMatch(/^\d{16}$/);
    await rpc('AttachPolicyToRole', { ...policy, RoleName }, method);
    expect((await rpc('ListPoliciesForRole', { RoleName }, method)).Policies.Policy).toHaveLength(1);
    expect((await rpc('ListEntitiesForPolicy', policy, method)).Roles.Role[0].RoleName).toBe(RoleName);
    const tag = { ResourceType: 'role', ResourceNames: [RoleName], Tag: [{ Key: 'n', Value: '1' }] };
    await rpc('TagResources', tag, method);
    expect(
      (await rpc('ListTagResources', { ResourceType: 'role', ResourceNames: [RoleName] }, method)).TagResources,
    ).toEqual([
      { ResourceType: 'role', ResourceName: RoleName, TagKey: 'by', TagValue: method },
      { ResourceType: 'role', ResourceName: RoleName, TagKey: 'n', TagValue: '1' },
    ]);
    await rpc('UntagResources', { ResourceType: 'role', ResourceNames: [RoleName], TagKeys: ['n'] }, method);
    expect((await rpc('ListRoles', { Tag: [{ Key: 'by', Value: method }] }, method)).Roles.Role[0].RoleName).toBe(
      RoleName,
    );
    expect(await codeOf(rpc('DeleteRole', { RoleName }, method))).toBe('DeleteConflict.Role.Policy');
    await rpc('DetachPolicyFromRole', { ...policy, RoleName }, method);
    await rpc('DeleteRole', { RoleName }, method);
    await rpc('DeletePolicy', { PolicyName, CascadingDelete: 'true' }, method);
  });

  test('lists nothing as nothing, and documents to the blank, in XML', async () => {
    const text = await ram(server.api, keys, 'ListPoliciesForGroup', { GroupName: 'none', Format: 'XML' });
    expect(text).toContain('<Code>EntityNotExist.Group</Code>');
    await rpc('CreateGroup', { GroupName: 'none' });
    const empty = await ram(server.api, keys, 'ListPoliciesForGroup', { GroupName: 'none', Format: 'XML' });
    expect(empty).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<ListPoliciesForGroupResponse><RequestId>[0-9A-F-]{36}<\/RequestId><Policies><\/Policies><\/ListPoliciesForGroupResponse>$/,
    );
    await rpc('DeleteGroup', { GroupName: 'none' });
    const roles = await ram(server.api, keys, 'ListRoles', { Format: 'XML' });
    expect(roles).toMatch(/<Roles><Role><RoleId>.*<Tags><\/Tags><\/Role><\/Roles>/s);
    const xml = await ram(server.api, keys, 'GetPolicy', {
      PolicyName: 'AliyunVODFullAccess',
      PolicyType: 'System',
      Format: 'XML',
    });
    expect(xml).toContain('<PolicyDocument>{&quot;Version&quot;:&quot;1&quot;');
  });
});

describe('sluice ram', () => {
  const file = () => join(server.data, 'admin.json');
  const sluice = (...args: readonly string[]) =>
    runCommand(['ram', '--endpoint', server.api, '--credentials', file(), ...args]);

  test('makes an administrator beside the running server, and calls operations with the key', async () => {
    const made = await runCommand(['ram', 'bootstrap', '--data', server.data, '--user', 'ops', '--out', file()]);
    expect([made.code, made.out]).toEqual([0, '']);
    const identity = await sluice('GetCallerIdentity');
    expect(JSON.parse(identity.out)).toMatchObject({ IdentityType: 'RAMUser', AccountId: account });
    const user = await sluice('CreateUser', '--UserName', 'alice', '--Comments=--odd');
    expect(JSON.parse(user.out)).toMatchObject({ User: { UserName: 'alice', Comments: '--odd' } });
    const again = await sluice('CreateUser', '--UserName', 'alice');
    expect([again.code, again.out]).toEqual([1, '']);
    expect(again.err).toMatch(/^sluice: EntityAlreadyExists\.User: .*alice.* \(RequestId [0-9A-F-]{36}\)\n$/);
    const wrong = await sluice('CreateUser', '--UserName', 'a b');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('InvalidParameter.UserName.InvalidChars')]);
    expect((await sluice('CreateUser', 'alice')).code).toBe(2);
    expect((await sluice('NoSuchThing')).err).toContain('--api');
    expect((await sluice('ListOIDCProviders')).code).toBe(0);
    expect((await sluice('DeleteUser', '--UserName', 'alice')).code).toBe(0);
  });

  test('a caller without permission ends with code 4, and is told what is missing', async () => {
    const { accessKeyId, accessKeySecret } = server.credentials.appServer;
    const result = await runCommand(['ram', '--endpoint', server.api, 'ListUsers'], {
      SLUICE_ACCESS_KEY_ID: accessKeyId,
      SLUICE_ACCESS_KEY_SECRET: accessKeySecret,
    });
    expect(result.code).toBe(4);
    expect(result.err).toContain('No policy allows ram:ListUsers.');
    const forged = await runCommand(['ram', '--endpoint', server.api, 'ListUsers'], {
      SLUICE_ACCESS_KEY_ID: accessKeyId,
      SLUICE_ACCESS_KEY_SECRET: 'wrong',
    });
    expect([forged.code, forged.err]).toEqual([4, expect.stringContaining('the secret is not that of the access key')]);
    expect((await runCommand(['ram', '--endpoint', server.api, 'ListUsers'])).code).toBe(2);
  });

  test('bootstrap gives out no third key, and replaces lost ones when told to', async () => {
    const make = (...more: readonly string[]) =>
      runCommand(['ram', 'bootstrap', '--data', server.data, '--user', 'lost', ...more]);
    const first = JSON.parse((await make()).out);
    await make();
    const third = await make();
    expect([third.code, third.out]).toEqual([1, '']);
    expect(third.err).toContain('--replace');
    expect((await make('--replace')).code).toBe(0);
    const answer = await ram(server.api, first, 'GetCallerIdentity', { Format: 'JSON' });
    expect(answer).toContain('InvalidAccessKeyId.NotFound');
    expect((await make('--user', 'a b')).code).toBe(2);
  });
});
