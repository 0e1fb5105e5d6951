/** The control plane without sockets: a real database, real keys, the real gate, and a clock that a test moves. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeUploadAddress, decodeUploadAuth, roleArn } from '@sluice/wire';
import { openAuditTrail } from '../audit/trail.js';
import type { Database } from '../db/schema.js';
import { outbox } from '../events/outbox.js';
import { accessDecider } from '../gate/access-decider.js';
import { credentialSource } from '../gate/credential-source.js';
import { deniedDetail } from '../gate/denied-detail.js';
import { nonces } from '../gate/nonces.js';
import { policyAuthoriser, policyCache } from '../gate/policy-authoriser.js';
import { rpcAuthenticator } from '../gate/rpc-authenticate.js';
import type { RawRpcRequest } from '../gate/rpc-request.js';
import { type AllowedDestination, publicAddresses } from '../http/address-rules.js';
import { outgoing } from '../http/outgoing.js';
import { type Installation, install } from '../installation.js';
import { keyRing, newMasterKey } from '../keys/key-ring.js';
import { operationTable } from '../operations.js';
import { openDiskEngine } from '../oss/engine/disk/disk-engine.js';
import { createOssHandler } from '../oss/handler.js';
import { keyUsage } from '../ram/access-keys/key-usage.js';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import { cachedIdentity, identityChanges } from '../ram/identity-cache.js';
import { identityStore } from '../ram/identity-store.js';
import { passwordHashing } from '../ram/login/password-hashing.js';
import { rpcDispatch } from '../rpc/dispatch.js';
import type { Random } from '../runtime.js';
import { providerKeys } from '../sts/oidc/provider-keys.js';
import { openRevocations } from '../sts/revocation/revocations.js';
import { LONGEST_TOKEN_MS } from '../sts/sealed-token.js';
import { mediaStore } from '../vod/media-store.js';
import { uploadCompletion } from '../vod/upload-completion.js';
import { type MovableClock, movableClock, recordedLog, someRandom } from './fixed-parts.js';
import { type CallOptions, type Keys, signedCall } from './signed-call.js';
import { openTestDatabase } from './test-database.js';

export const OSS_ENDPOINT = 'http://oss.localhost:8401';

export interface ControlRoomOptions {
  readonly clock?: MovableClock;
  /** Default: not to be foreseen. */
  readonly random?: Random;
  /** Shortest session, seconds. */
  readonly minDuration?: number;
  readonly perSecond?: number;
  readonly principalPerSecond?: number;
  readonly unsignedPerSecond?: number;
  readonly oidcProviderAllow?: readonly AllowedDestination[];
  readonly uploadAuthSeconds?: number;
  /** Where events would go; they are kept and never sent. */
  readonly callbackUrl?: string;
  readonly instantUpload?: boolean;
  readonly auditReads?: boolean;
}

/** An answer with its body read as JSON; members that are asked for are texts unless a test says otherwise. */
export interface Answer {
  readonly status: number;
  readonly body: Answered;
  readonly text: string;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly RequestId: string;
  readonly Code?: string;
  readonly Message?: string;
  readonly HostId?: string;
  readonly AccessDeniedDetail?: Readonly<Record<string, string>>;
  readonly AssumedRoleUser?: { readonly Arn: string; readonly AssumedRoleId: string };
  readonly Credentials?: {
    readonly AccessKeyId: string;
    readonly AccessKeySecret: string;
    readonly SecurityToken: string;
    readonly Expiration: string;
  };
  readonly Video?: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

type Statement = Readonly<Record<string, unknown>>;

export const allow = (
  Action: string | readonly string[],
  Resource: string | readonly string[] = '*',
  rest: object = {},
): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...rest,
});
export const deny = (Action: string | readonly string[], Resource = '*'): Statement => ({
  Effect: 'Deny',
  Action,
  Resource,
});
export const policyOf = (...statements: readonly Statement[]): string =>
  JSON.stringify({ Version: '1', Statement: statements });
export const trusting = (
  principal: string | readonly string[],
  Condition?: object,
  Action: string | readonly string[] = 'sts:AssumeRole',
): string =>
  policyOf({
    Effect: 'Allow',
    Action,
    Principal: { RAM: principal },
    ...(Condition ? { Condition } : {}),
  });

export type ControlRoom = Awaited<ReturnType<typeof controlRoom>>;

export async function controlRoom(options: ControlRoomOptions = {}) {
  const clock = options.clock ?? movableClock();
  const log = recordedLog();
  const random = options.random ?? someRandom;
  // Argon2id like everywhere, but of a cost that tests can bear.
  const hashing = passwordHashing({ random, memoryKiB: 64 });
  const changes = identityChanges();
  const db = await openTestDatabase(undefined, changes);
  const ring = keyRing([newMasterKey(1, clock, random)]);
  const uncached = identityStore(db, ring, clock, random);
  const store = cachedIdentity(uncached, changes, clock);
  const installation = await freshInstallation({ db, store, clock, random });
  const { accountId } = installation;

  const audit = openAuditTrail({ db, ring, clock, log, accountId });
  const usage = keyUsage({ db, clock, log });
  const media = mediaStore(db, clock);
  const liveness = {
    role: async (roleId: string) => (await store.findRoleById(roleId)) !== undefined,
    media: async (mediaId: string) => (await media.find(mediaId)) !== undefined,
  };
  const revocations = await openRevocations({ db, clock, random, longestTokenMs: LONGEST_TOKEN_MS });
  const credentials = credentialSource(ring, store, liveness, revocations, clock);
  const parsePolicy = policyCache('identity');
  const authoriser = policyAuthoriser(store, parsePolicy);
  const events = outbox(db, options.callbackUrl, async () => undefined, clock, random, log, audit);
  const objectUrl = (bucket: string, key: string) => `${OSS_ENDPOINT.replace('://', `://${bucket}.`)}/${key}`;
  const completion = uploadCompletion({
    media,
    outbox: { ...events, wake: () => {} },
    clock,
    log,
    bucket: installation.bucket,
    objectUrl,
  });

  const blobs = await mkdtemp(join(tmpdir(), 'sluice-room-blobs-'));
  const oss = createOssHandler({
    db,
    engine: await openDiskEngine({ directory: blobs, random }),
    credentials,
    authoriser,
    objectEvents: completion,
    audit,
    auditReads: options.auditReads ?? false,
    usage,
    region: 'cn-shanghai',
    addressing: { ossDomain: 'oss.localhost', bareBucket: installation.bucket },
    cors: { allowedOrigins: '*' },
    ring,
    clock,
    random,
    log,
  });
  const ossServer = createServer((request, response) => void oss.handle(request, response));

  const rpc = rpcDispatch({
    operations: operationTable({
      config: {
        oidcProviderAllow: [{ matches: (host) => host === 'localhost', port: undefined }],
        ossDomain: 'oss.localhost',
        region: 'cn-shanghai',
        stsMinDuration: options.minDuration ?? 900,
        stsPerSecond: options.perSecond ?? 100_000,
        stsPrincipalPerSecond: options.principalPerSecond,
        uploadAuthSeconds: options.uploadAuthSeconds ?? 3000,
        instantUpload: options.instantUpload ?? true,
      },
      db,
      store,
      media,
      revocations,
      usage,
      abortUploads: oss.abortUploads,
      ring,
      providerKeys: providerKeys({
        outgoing: outgoing(),
        rules: publicAddresses(options.oidcProviderAllow ?? []),
        clock,
        log,
      }),
      clock,
      random,
      hashing,
      bucket: installation.bucket,
      ossEndpoint: () => OSS_ENDPOINT,
      objectUrl,
      onObjectsDeleted: oss.wake,
      contents: oss.contents,
    }),
    authenticator: rpcAuthenticator(
      credentials,
      clock,
      nonces(clock, { groupMs: 5 * 60_000 }),
      nonces(clock, { groupMs: 3600_000 }),
      usage,
    ),
    access: accessDecider(authoriser, store, parsePolicy, deniedDetail(ring, random)),
    audit,
    unsignedPerSecond: options.unsignedPerSecond,
    clock,
    log,
  });

  async function send(raw: RawRpcRequest): Promise<Answer> {
    const { status, body, contentType, headers } = await rpc(raw);
    const json = contentType.includes('json') ? (JSON.parse(body) as Answered) : { RequestId: '' };
    return { status, body: json, text: body, contentType, headers };
  }

  const sign = (keys: Keys, action: string, params: Readonly<Record<string, string>> = {}, how: CallOptions = {}) =>
    signedCall(keys, action, params, clock.now(), how);
  const call = (keys: Keys, action: string, params: Readonly<Record<string, string>> = {}, how: CallOptions = {}) =>
    send(sign(keys, action, params, how));

  async function attach(principal: string, statements: readonly Statement[], owner = accountId): Promise<void> {
    const name = `Policy${Buffer.from(random.bytes(6)).toString('hex')}`;
    const document = policyOf(...statements);
    await store.createPolicy(db, { owner, policy_name: name, description: '', document });
    await store.attachPolicy(db, principal, owner, name);
  }

  /** Makes users, keys and roles of an account. */
  const identitiesOf = (owner: string) => ({
    rootKey: (): Promise<Keys> => store.createAccessKey(db, owner, null),
    /** A RAM user with a policy of these statements, and a key. */
    async user(name: string, ...statements: readonly Statement[]): Promise<Keys & { userId: string }> {
      const { user_id } = await store.createUser(db, owner, name, name);
      if (statements.length > 0) await attach(userPrincipal(user_id), statements, owner);
      return { ...(await store.createAccessKey(db, owner, user_id)), userId: user_id };
    },
    /** A role with a policy of these statements. @returns its ARN and id */
    async role(name: string, trustPolicy: string, statements: readonly Statement[] = [], maxSessionDuration = 3600) {
      const role = await store.createRole(db, owner, { name, description: '', trustPolicy, maxSessionDuration });
      if (statements.length > 0) await attach(rolePrincipal(role.role_id), statements, owner);
      return { arn: roleArn(owner, name), id: role.role_id };
    },
  });

  return {
    clock,
    log,
    db,
    ring,
    store,
    /** The same without a cache. */
    uncached,
    hashing,
    media,
    installation,
    accountId,
    credentials,
    completion,
    audit,
    usage,
    rpc,
    send,
    sign,
    call,
    appServer: (await keysOf(store, installation)) satisfies Keys,
    oss,
    /** The data plane, on a port of its own from the first time it is asked for. */
    async dataPlane(): Promise<{ readonly port: number; readonly clock: { readonly ms: number } }> {
      if (!ossServer.listening) await new Promise<void>((resolve) => ossServer.listen(0, '127.0.0.1', resolve));
      const { port } = ossServer.address() as AddressInfo;
      return {
        port,
        clock: {
          get ms() {
            return clock.now();
          },
        },
      };
    },
    /** Names of the files that hold the bytes of objects. */
    async blobs(): Promise<string[]> {
      const entries = await readdir(blobs, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    },
    /** Ends what the room started. */
    async close() {
      ossServer.closeAllConnections();
      if (ossServer.listening) await new Promise((resolve) => ossServer.close(resolve));
      await oss.stop();
      await completion.settle();
      await events.stop();
      await usage.stop();
      await audit.close();
      await db.destroy();
      await rm(blobs, { recursive: true, force: true });
    },
    ...identitiesOf(accountId),
    /** An account beside that of the installation. */
    async account(other: string) {
      const row = { account_id: other, name: other, password_hash: '', created_at: clock.now() };
      await db.insertInto('accounts').values(row).execute();
      return { accountId: other, ...identitiesOf(other) };
    },
    /** Lets the AppServer set the SourceIdentity of sessions of the upload role. */
    async allowSourceIdentity(): Promise<void> {
      const { user } = (await store.findAccessKey(installation.appServerAccessKeyId)) ?? {};
      if (!user) throw new Error('the installation has no AppServer key');
      await attach(userPrincipal(user.userId), [allow('sts:SetSourceIdentity')]);
      await db
        .updateTable('roles')
        .set({
          trust_policy: trusting(`acs:ram::${accountId}:root`, undefined, ['sts:AssumeRole', 'sts:SetSourceIdentity']),
        })
        .where('role_name', '=', 'sluice-upload')
        .execute();
    },
    async deleteRole(roleId: string): Promise<void> {
      await db.deleteFrom('policy_attachments').where('principal', '=', rolePrincipal(roleId)).execute();
      await db.deleteFrom('roles').where('role_id', '=', roleId).execute();
    },
    /** A session, through AssumeRole. */
    async session(keys: Keys, params: Readonly<Record<string, string>> = {}): Promise<Keys> {
      const given = { RoleArn: installation.uploadRoleArn, RoleSessionName: 'alice', ...params };
      const { status, body, text } = await call(keys, 'AssumeRole', given);
      const made = body.Credentials;
      if (status !== 200 || !made) throw new Error(`AssumeRole answered ${status}: ${text}`);
      return {
        accessKeyId: made.AccessKeyId,
        accessKeySecret: made.AccessKeySecret,
        securityToken: made.SecurityToken,
      };
    },
  };
}

export const uploadAuthOf = (answer: Answer) => {
  const auth = decodeUploadAuth(String(answer.body.UploadAuth));
  if (!auth) throw new Error(`no UploadAuth in ${answer.text}`);
  return auth;
};
export const uploadAddressOf = (answer: Answer) => {
  const address = decodeUploadAddress(String(answer.body.UploadAddress));
  if (!address) throw new Error(`no UploadAddress in ${answer.text}`);
  return address;
};

async function freshInstallation(parts: {
  db: Database;
  store: ReturnType<typeof identityStore>;
  clock: MovableClock;
  random: Random;
}): Promise<Installation> {
  const data = await mkdtemp(join(tmpdir(), 'sluice-room-'));
  try {
    return await install({ ...parts, data, region: 'cn-shanghai' });
  } finally {
    await rm(data, { recursive: true });
  }
}

async function keysOf(store: ReturnType<typeof identityStore>, installation: Installation) {
  const key = await store.findAccessKey(installation.appServerAccessKeyId);
  if (!key) throw new Error('the installation has no AppServer key');
  return { accessKeyId: key.accessKeyId, accessKeySecret: key.secret };
}
