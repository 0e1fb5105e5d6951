/**
 * What an administrator takes away is gone with the very next request after the 200, on every plane and over real sockets,
 * although identities are kept in memory (ADR 17).
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { decodeUploadAddress, decodeUploadAuth } from '@sluice/wire';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootstrapAdministrator } from '../administrator/bootstrap-administrator.js';
import { parseConfig, type ServerConfig } from '../config.js';
import { send } from '../oss/testing/client.js';
import { type RunningServer, StartFailed, startServer } from '../server.js';
import { type Answered, allow, policyOf, trusting } from '../testing/control-room.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { type Keys, signedCall } from '../testing/signed-call.js';
import { databaseSettings, onPostgres } from '../testing/test-database.js';

let base: string;
let config: ServerConfig;
let server: RunningServer;
let admin: Keys;
let accountId: string;
let target: string;
const BUCKET = 'read-your-writes';

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-writes-'));
  const data = join(base, 'data');
  const local = { data, api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent', stsPerSecond: 100_000 };
  config = parseConfig({ ...local, ...(await databaseSettings(`${data}.database`)) });
  server = await startServer(config, { log: recordedLog() });
  const made = await bootstrapAdministrator(config, { user: 'admin', replace: false });
  admin = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
  accountId = made.AccountId;
  const everybody = trusting(`acs:ram::${accountId}:root`);
  await ram('CreateRole', { RoleName: 'target', AssumeRolePolicyDocument: everybody });
  target = `acs:ram::${accountId}:role/target`;
  const bucket = await oss(server, admin, { method: 'PUT', key: null });
  expect(bucket).toBe('open');
});
afterAll(async () => {
  await server?.stop();
  await rm(base, { recursive: true });
});

async function rpc(at: RunningServer, keys: Keys, action: string, params: Readonly<Record<string, string>> = {}) {
  const { method, target: path, rawHeaders } = signedCall(keys, action, params, Date.now());
  const answer = await new Promise<{ status: number; body: Answered }>((resolve, reject) => {
    const { hostname, port } = new URL(at.apiUrl);
    const headers = rawHeaders as string[];
    const req = request({ hostname, port, method, path, headers, agent: false }, (res) => {
      text(res).then((body) => resolve({ status: res.statusCode ?? 0, body: JSON.parse(body) as Answered }), reject);
    });
    req.on('error', reject).end();
  });
  return { ...answer, code: answer.body.Code ?? 'open' };
}

async function oss(
  at: RunningServer,
  { accessKeyId, accessKeySecret, securityToken }: Keys,
  { method = 'PUT', key = 'k', bucket = BUCKET }: { method?: string; key?: string | null; bucket?: string } = {},
): Promise<string> {
  const now = { ms: Date.now() };
  const reply = await send(
    { port: Number(new URL(at.ossUrl).port), clock: now },
    {
      method,
      bucket,
      ...(key === null ? {} : { key }),
      body: key === null ? '' : 'x',
      accessKeyId,
      secret: accessKeySecret,
      ...(securityToken === undefined ? {} : { headers: { 'x-oss-security-token': securityToken } }),
    },
  );
  return reply.status === 200 ? 'open' : (reply.xml('Code') ?? String(reply.status));
}

/** As the administrator. */
async function ram(action: string, params: Readonly<Record<string, string>>): Promise<Answered> {
  const { status, body } = await rpc(server, admin, action, params);
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`);
  return body;
}

/** Everything that a caller may do before the change, a plane each. */
interface Doors {
  readonly ram: string;
  readonly sts: string;
  readonly assume: string;
  readonly vod: string;
  readonly oss: string;
}
const OPEN: Doors = { ram: 'open', sts: 'open', assume: 'open', vod: 'open', oss: 'open' };

/** All at once: nobody waits for another one's look into the database. */
async function doors(keys: Keys, role: string, more: Record<string, string> = {}): Promise<Doors> {
  const code = async (action: string, params: Record<string, string> = {}) =>
    (await rpc(server, keys, action, params)).code;
  const [ofRam, sts, assume, vod, ofOss] = await Promise.all([
    code('ListGroups'),
    code('GetCallerIdentity'),
    code('AssumeRole', { RoleArn: role, RoleSessionName: 'probe', ...more }),
    code('ListUnfinishedUploads'),
    oss(server, keys),
  ]);
  return { ram: ofRam, sts, assume, vod, oss: ofOss };
}

const dead = (code: string, ofOss: string): Doors => ({ ram: code, sts: code, assume: code, vod: code, oss: ofOss });
const GONE = dead('InvalidAccessKeyId.NotFound', 'InvalidAccessKeyId');
const DISABLED = dead('InvalidAccessKeyId.Inactive', 'InvalidAccessKeyId');
const REVOKED = dead('InvalidSecurityToken.Expired', 'InvalidSecurityToken');
/** GetCallerIdentity takes no permission. */
const FORBIDDEN: Doors = {
  ram: 'NoPermission',
  sts: 'open',
  assume: 'NoPermission',
  vod: 'Forbidden',
  oss: 'AccessDenied',
};

const EVERYTHING = policyOf(allow(['ram:*', 'sts:*', 'vod:*', 'oss:*']));
const NOTHING = policyOf({ Effect: 'Deny', Action: '*', Resource: '*' });

/** A user with a key, a role with a policy, and a session of that role; the user's policy comes by itself or by a group. */
async function stage(name: string, by: 'user' | 'group') {
  const policy = { PolicyType: 'Custom', PolicyName: `${name}-user` };
  const rolePolicy = { PolicyType: 'Custom', PolicyName: `${name}-role` };
  const trust = trusting(`acs:ram::${accountId}:root`);
  const role = { RoleName: name };
  await ram('CreateUser', { UserName: name });
  await ram('CreatePolicy', { ...policy, PolicyDocument: EVERYTHING });
  await ram('CreatePolicy', { ...rolePolicy, PolicyDocument: EVERYTHING });
  if (by === 'user') await ram('AttachPolicyToUser', { ...policy, UserName: name });
  else {
    await ram('CreateGroup', { GroupName: name });
    await ram('AttachPolicyToGroup', { ...policy, GroupName: name });
    await ram('AddUserToGroup', { GroupName: name, UserName: name });
  }
  await ram('CreateRole', { ...role, AssumeRolePolicyDocument: trust, MaxSessionDuration: '7200' });
  await ram('AttachPolicyToRole', { ...rolePolicy, ...role });
  const { AccessKey } = (await ram('CreateAccessKey', { UserName: name })) as unknown as {
    AccessKey: { AccessKeyId: string; AccessKeySecret: string };
  };
  const key: Keys = { accessKeyId: AccessKey.AccessKeyId, accessKeySecret: AccessKey.AccessKeySecret };
  const arn = `acs:ram::${accountId}:role/${name}`;
  return { name, policy, rolePolicy, role, arn, trust, key, session: await sessionOf(key, arn) };
}

async function sessionOf(keys: Keys, RoleArn: string): Promise<Keys> {
  const { body } = await rpc(server, keys, 'AssumeRole', { RoleArn, RoleSessionName: 'alice' });
  const { AccessKeyId, AccessKeySecret, SecurityToken } = body.Credentials ?? { AccessKeyId: '', AccessKeySecret: '' };
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret, securityToken: SecurityToken };
}

type Stage = Awaited<ReturnType<typeof stage>>;

interface Case {
  readonly change: string;
  readonly by?: 'user' | 'group';
  readonly make: (stage: Stage) => Promise<unknown>;
  /** What the lasting key sees then. */
  readonly key?: Doors;
  /** What the session sees that was obtained before. It is the role's, not the user's (docs/sts.md). */
  readonly session?: Doors;
}

const own = ({ key, name }: Stage) => ({ UserName: name, UserAccessKeyId: key.accessKeyId });
const denies = (PolicyName: string) =>
  ram('CreatePolicyVersion', { PolicyName, PolicyDocument: NOTHING, SetAsDefault: 'true' });

const CASES: readonly Case[] = [
  {
    change: 'a user is deleted with its keys',
    async make(on) {
      await ram('DetachPolicyFromUser', { ...on.policy, UserName: on.name });
      await ram('DeleteAccessKey', own(on));
      await ram('DeleteUser', { UserName: on.name });
    },
    key: GONE,
  },
  {
    change: 'a key is disabled',
    make: (on) => ram('UpdateAccessKey', { ...own(on), Status: 'Inactive' }),
    key: DISABLED,
  },
  { change: 'a key is deleted', make: (on) => ram('DeleteAccessKey', own(on)), key: GONE },
  {
    change: 'a policy is detached from the user',
    make: ({ policy, name }) => ram('DetachPolicyFromUser', { ...policy, UserName: name }),
    key: FORBIDDEN,
  },
  {
    change: 'a policy is detached from the group of the user',
    by: 'group',
    make: ({ policy, name }) => ram('DetachPolicyFromGroup', { ...policy, GroupName: name }),
    key: FORBIDDEN,
  },
  {
    change: 'the user is taken out of the group',
    by: 'group',
    make: ({ name }) => ram('RemoveUserFromGroup', { GroupName: name, UserName: name }),
    key: FORBIDDEN,
  },
  {
    change: 'a policy is detached from the role',
    make: ({ rolePolicy, role }) => ram('DetachPolicyFromRole', { ...rolePolicy, ...role }),
    session: FORBIDDEN,
  },
  {
    change: 'a policy is detached and deleted, and another one made under its name',
    async make({ policy, name }) {
      await ram('DetachPolicyFromUser', { ...policy, UserName: name });
      await ram('DeletePolicy', { PolicyName: policy.PolicyName });
      await ram('CreatePolicy', { ...policy, PolicyDocument: EVERYTHING });
    },
    key: FORBIDDEN,
  },
  {
    change: 'the policy of the user has a new default version that denies',
    make: ({ policy }) => denies(policy.PolicyName),
    key: FORBIDDEN,
  },
  {
    change: 'the policy of the group has a new default version that denies',
    by: 'group',
    make: ({ policy }) => denies(policy.PolicyName),
    key: FORBIDDEN,
  },
  {
    change: 'the policy of the role has a new default version that denies',
    make: ({ rolePolicy }) => denies(rolePolicy.PolicyName),
    session: FORBIDDEN,
  },
  {
    change: 'the role is deleted',
    async make({ rolePolicy, role }) {
      await ram('DetachPolicyFromRole', { ...rolePolicy, ...role });
      await ram('DeleteRole', role);
    },
    key: { ...OPEN, assume: 'EntityNotExist.Role' },
    session: REVOKED,
  },
  {
    change: 'the role is deleted and made again under its name',
    async make({ rolePolicy, role, trust }) {
      await ram('DetachPolicyFromRole', { ...rolePolicy, ...role });
      await ram('DeleteRole', role);
      await ram('CreateRole', { ...role, AssumeRolePolicyDocument: trust, MaxSessionDuration: '7200' });
      await ram('AttachPolicyToRole', { ...rolePolicy, ...role });
    },
    session: REVOKED,
  },
  {
    change: 'the role trusts somebody else',
    make: ({ role }) =>
      ram('UpdateRole', { ...role, NewAssumeRolePolicyDocument: trusting(`acs:ram::${accountId}:user/admin`) }),
    key: { ...OPEN, assume: 'NoPermission' },
  },
  {
    change: 'sessions of the role may last shorter',
    make: ({ role }) => ram('UpdateRole', { ...role, NewMaxSessionDuration: '3600' }),
    key: { ...OPEN, assume: 'InvalidParameter.DurationSeconds' },
  },
];

describe('the next request after the answer sees that', () => {
  test.each(CASES.map((one, i) => [one.change, one, i] as const))('%s', async (_, one, i) => {
    const on = await stage(`case${i}`, one.by ?? 'user');
    const look = async () => ({
      key: await doors(on.key, on.arn, { DurationSeconds: '7200' }),
      session: await doors(on.session, target),
    });
    // Twice, so that everything is in memory.
    expect([await look(), await look()]).toEqual(Array(2).fill({ key: OPEN, session: OPEN }));
    await one.make(on);
    expect(await look()).toEqual({ key: one.key ?? OPEN, session: one.session ?? OPEN });
  });

  test('a role was deleted: sessions chained from its own die too, and upload grants that they asked for', async () => {
    const on = await stage('derived', 'user');
    await ram('AttachPolicyToRole', { PolicyType: 'System', PolicyName: 'AliyunVODFullAccess', RoleName: 'target' });
    const chained = await sessionOf(on.session, target);
    const grantOf = async (keys: Keys) => {
      const { body } = await rpc(server, keys, 'CreateUploadVideo', { FileName: 'a.mp4', Title: 't' });
      const auth = decodeUploadAuth(String(body.UploadAuth));
      const address = decodeUploadAddress(String(body.UploadAddress));
      if (!auth || !address) throw new Error(JSON.stringify(body));
      const granted = {
        accessKeyId: auth.AccessKeyId,
        accessKeySecret: auth.AccessKeySecret,
        securityToken: auth.SecurityToken,
      };
      return () => oss(server, granted, { bucket: address.Bucket, key: address.FileName });
    };
    const uploads = [await grantOf(on.session), await grantOf(chained), await grantOf(on.key)];
    const look = async () => [
      (await rpc(server, chained, 'GetCallerIdentity')).code,
      ...(await Promise.all(uploads.map((put) => put()))),
    ];
    expect(await look()).toEqual(['open', 'open', 'open', 'open']);
    await ram('DetachPolicyFromRole', { ...on.rolePolicy, ...on.role });
    await ram('DeleteRole', on.role);
    const { sts, oss: refused } = REVOKED;
    expect(await look()).toEqual([sts, refused, refused, 'open']);
  });
});

/** One server has a database (ADR 10), which is what the memory rests on. So a second one never answers beside it. */
describe.runIf(onPostgres)('two servers that are given one database', () => {
  test('do not run beside each other', async () => {
    const error = await startServer({ ...config, data: await copyOfData() }, { log: recordedLog() }).catch((e) => e);
    expect(error).toBeInstanceOf(StartFailed);
    expect(error.message).toMatch(/is in use by another server$/);
  });

  test('when one takes over from one that is cut off, the first tells nobody what it remembers', async () => {
    const on = await stage('takeover', 'user');
    const first = server;
    expect(await doors(on.key, on.arn)).toEqual(OPEN);
    const second = await takeOver();
    try {
      server = second;
      await ram('UpdateAccessKey', { ...own(on), Status: 'Inactive' });
      expect(await doors(on.key, on.arn)).toEqual(DISABLED);
      for (const keys of [on.key, on.session]) {
        for (const action of ['ListGroups', 'GetCallerIdentity', 'ListUnfinishedUploads']) {
          expect(await rpc(first, keys, action), action).toMatchObject({ status: 503 });
        }
        expect(await oss(first, keys)).toBe('ServiceUnavailable');
        expect(await oss(first, keys, { method: 'GET' })).toBe('ServiceUnavailable');
      }
    } finally {
      await first.stop().catch(() => undefined);
    }
  });

  async function copyOfData(): Promise<string> {
    const copy = join(base, `copy-${Math.random()}`);
    await cp(config.data, copy, { recursive: true, filter: (from) => !from.endsWith('.sock') });
    return copy;
  }

  /** The connections of the first server are cut, and before it asks again another one is there. */
  async function takeOver(): Promise<RunningServer> {
    const data = await copyOfData();
    const client = new Client({ connectionString: config.database });
    await client.connect();
    try {
      for (let attempt = 0; ; attempt++) {
        await client.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice' and datname = current_database()",
        );
        try {
          return await startServer({ ...config, data }, { log: recordedLog() });
        } catch (error) {
          if (attempt === 3) throw error;
        }
      }
    } finally {
      await client.end();
    }
  }
});
