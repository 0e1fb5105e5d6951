import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { roleArn } from '@sluice/wire';
import { isThere } from './data-directory.js';
import type { Database, DatabaseTransaction } from './db/schema.js';
import { transact } from './db/transact.js';
import { writePrivateFile } from './keys/key-ring-file.js';
import { ensureBucket } from './oss/ensure-bucket.js';
import { rolePrincipal, userPrincipal } from './ram/attachments.js';
import type { IdentityStore } from './ram/identity-store.js';
import { numericId } from './ram/ids.js';
import { keepSystemPolicies } from './ram/keep-system-policies.js';
import { SYSTEM_POLICY_OWNER } from './ram/system-policies.js';
import type { Clock, Log, Random } from './runtime.js';
import { base62 } from './sts/sealed-token.js';
import { MEDIA_PREFIX } from './vod/upload-parts.js';

/** What the first start made, and what the rooms need to know of it. */
export interface Installation {
  readonly accountId: string;
  readonly appServerAccessKeyId: string;
  readonly uploadRoleArn: string;
  readonly bucket: string;
}

/** `credentials.json`: names that other people's scripts rely on. */
export interface CredentialsFile {
  readonly accountId: string;
  readonly root: { readonly user: string; readonly password: string };
  readonly appServer: { readonly accessKeyId: string; readonly accessKeySecret: string };
  readonly uploadRoleArn: string;
  readonly bucket: string;
  readonly region: string;
}

export const APP_SERVER_USER = 'appserver';
export const UPLOAD_ROLE = 'sluice-upload';
const BUCKET = 'sluice-uploads';
const SETTING = 'installation';

export const credentialsFile = (data: string): string => join(data, 'credentials.json');

export async function findInstallation(db: Database): Promise<Installation | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
  return row && (JSON.parse(row.value) as Installation);
}

/**
 * The file is written once: the database keeps no password, and the secret of the key sealed. Nothing here needs it, so whoever
 * has put it away safely is told once a start and no more.
 */
export async function warnOfLostCredentials(data: string, log: Log): Promise<void> {
  const file = credentialsFile(data);
  if (await isThere(file)) return;
  log.warn(
    { file },
    'credentials.json is gone and is not made again: restore it from a backup if scripts read it, or make a new access key ' +
      'for the user "appserver" with RAM CreateAccessKey; this server does not need it',
  );
}

export interface InstallParts {
  readonly db: Database;
  readonly store: IdentityStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly data: string;
  readonly region: string;
}

/**
 * The first start: account, AppServer user with its key, upload role, system policies, bucket. One transaction, and the
 * file with the keys is written inside it: a crash leaves either everything or nothing that counts.
 */
export async function install(parts: InstallParts): Promise<Installation> {
  const { db, store, clock, random } = parts;
  const password = base62(random.bytes(16));
  const passwordHash = await hash(password);
  return transact(db, async (transaction) => {
    const accountId = numericId(random);
    await transaction
      .insertInto('accounts')
      .values({ account_id: accountId, name: 'root', password_hash: passwordHash, created_at: clock.now() })
      .execute();
    await ensureBucket(transaction, {
      bucket: BUCKET,
      account_id: accountId,
      region: parts.region,
      acl: 'private',
      created_at: clock.now(),
    });
    await keepSystemPolicies(transaction, clock.now());
    await createPolicies(transaction, store, accountId);
    const appServer = await createAppServerUser(transaction, store, accountId);
    await createUploadRole(transaction, store, accountId);
    const installation: Installation = {
      accountId,
      appServerAccessKeyId: appServer.accessKeyId,
      uploadRoleArn: roleArn(accountId, UPLOAD_ROLE),
      bucket: BUCKET,
    };
    await transaction
      .insertInto('settings')
      .values({ name: SETTING, value: JSON.stringify(installation) })
      .execute();
    const file: CredentialsFile = {
      accountId,
      root: { user: 'root', password },
      appServer,
      uploadRoleArn: installation.uploadRoleArn,
      bucket: BUCKET,
      region: parts.region,
    };
    await writePrivateFile(credentialsFile(parts.data), `${JSON.stringify(file, null, 2)}\n`);
    return installation;
  });
}

const APP_SERVER_POLICY = 'SluiceAppServerMedia';
const UPLOAD_ROLE_POLICY = 'SluiceUploadObjects';

async function createPolicies(db: DatabaseTransaction, store: IdentityStore, accountId: string): Promise<void> {
  await store.createPolicy(db, {
    owner: accountId,
    policy_name: APP_SERVER_POLICY,
    description: 'Look after uploaded media.',
    document: JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: ['vod:GetVideoInfo', 'vod:DeleteVideo'], Resource: '*' }],
    }),
  });
  await store.createPolicy(db, {
    owner: accountId,
    policy_name: UPLOAD_ROLE_POLICY,
    description: 'Write and read objects of the bucket, but not the files of media: those take an UploadAuth each.',
    document: JSON.stringify({
      Version: '1',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['oss:PutObject', 'oss:GetObject', 'oss:ListParts', 'oss:AbortMultipartUpload'],
          Resource: `acs:oss:*:${accountId}:${BUCKET}/*`,
        },
        { Effect: 'Allow', Action: 'vod:GetVideoInfo', Resource: '*' },
        { Effect: 'Deny', Action: 'oss:*', Resource: `acs:oss:*:${accountId}:${BUCKET}/${MEDIA_PREFIX}*` },
      ],
    }),
  });
}

async function createAppServerUser(db: DatabaseTransaction, store: IdentityStore, accountId: string) {
  const user = await store.createUser(db, accountId, APP_SERVER_USER, 'AppServer');
  const principal = userPrincipal(user.user_id);
  await store.attachPolicy(db, principal, SYSTEM_POLICY_OWNER, 'AliyunSTSAssumeRoleAccess');
  await store.attachPolicy(db, principal, SYSTEM_POLICY_OWNER, 'AliyunVODUploadAuth');
  await store.attachPolicy(db, principal, accountId, APP_SERVER_POLICY);
  return store.createAccessKey(db, accountId, user.user_id);
}

async function createUploadRole(db: DatabaseTransaction, store: IdentityStore, accountId: string): Promise<void> {
  const role = await store.createRole(db, accountId, {
    name: UPLOAD_ROLE,
    description: 'Assumed by the AppServer for clients that upload.',
    trustPolicy: JSON.stringify({
      Version: '1',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${accountId}:root`] } }],
    }),
    maxSessionDuration: 3600,
  });
  const principal = rolePrincipal(role.role_id);
  await store.attachPolicy(db, principal, SYSTEM_POLICY_OWNER, 'AliyunVODUploadAuth');
  await store.attachPolicy(db, principal, accountId, UPLOAD_ROLE_POLICY);
}
