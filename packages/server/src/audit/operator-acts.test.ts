import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bootstrapAdministrator } from '../administrator/bootstrap-administrator.js';
import { readAudit } from '../audit-reader.js';
import { parseConfig, type ServerConfig } from '../config.js';
import { openDatabase } from '../db/open-database.js';
import type { Database } from '../db/schema.js';
import { listKeys, rotateKeys } from '../keys/key-control.js';
import { serverLog } from '../log.js';
import { type RunningServer, startServer } from '../server.js';
import { liftRevocation, listRevocationsOf, revoke } from '../sts/revocation/revocation-control.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { databaseSettings } from '../testing/test-database.js';
import type { ShownRecord } from './show-record.js';
import type { AuditReport } from './verify.js';

let base: string;
let config: ServerConfig;
let server: RunningServer | undefined;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sluice-acts-'));
  const data = join(base, 'data');
  const local = { data, api: '127.0.0.1:0', oss: '127.0.0.1:0', logLevel: 'silent' };
  config = parseConfig({ ...local, ...(await databaseSettings(`${data}.database`)) });
  server = await startServer(config, { log: recordedLog() });
});
afterEach(async () => {
  await server?.stop();
  await rm(base, { recursive: true });
});
async function stop(): Promise<void> {
  await server?.stop();
  server = undefined;
}

async function records(): Promise<ShownRecord[]> {
  const found: ShownRecord[] = [];
  const asked = { ask: 'list', filter: { principal: 'operator' }, limit: 1000 } as const;
  for await (const line of readAudit(config, asked, new AbortController().signal)) {
    if ('record' in line) found.unshift(line.record);
  }
  return found;
}
const told = async () => (await records()).map(({ Action, Outcome }) => `${Action} ${Outcome}`);

async function verified(): Promise<AuditReport> {
  for await (const line of readAudit(config, { ask: 'verify' }, new AbortController().signal)) {
    if ('report' in line) return line.report;
  }
  throw new Error('no report');
}

/** With the server stopped. */
async function inDatabase<T>(use: (db: Database) => Promise<T>): Promise<T> {
  const { db, close } = await openDatabase(config, config.data, serverLog('silent'));
  try {
    return await use(db);
  } finally {
    await close();
  }
}

describe.each(['running', 'stopped'])('of a %s server', (state) => {
  beforeEach(async () => {
    if (state === 'stopped') await stop();
  });

  test('every act of the operator is in the trail, which stays whole', async () => {
    const { AccountId, AccessKeyId } = await bootstrapAdministrator(config, { user: 'admin', replace: false });
    await bootstrapAdministrator(config, { user: 'admin', replace: true });
    const { Revocation } = await revoke(config, { RoleName: 'sluice-upload', Reason: 'a leak' });
    await liftRevocation(config, Revocation.RevocationId);
    await rotateKeys(config);
    expect(await records()).toMatchObject([
      {
        Action: 'ram:Bootstrap',
        Outcome: 'Allowed',
        Principal: 'operator',
        SourceIp: 'local',
        AccountId,
        Resource: `acs:ram:*:${AccountId}:user/admin`,
        Subject: `key:${AccessKeyId}`,
        Detail: { user: 'admin', replace: 'false' },
      },
      { Action: 'ram:Bootstrap', Detail: { replace: 'true', deletedKeys: [AccessKeyId] } },
      { Action: 'sts:RevokeSessions', SourceIp: 'local', Detail: { RoleName: 'sluice-upload', Reason: 'a leak' } },
      { Action: 'sts:DeleteRevocation', Detail: { RevocationId: Revocation.RevocationId } },
      { Action: 'keys:Rotate', Outcome: 'Allowed', Detail: { step: 'begin', keyId: 1 } },
      { Action: 'keys:Rotate', Outcome: 'Allowed', Detail: { step: 'done', keyId: 2 } },
    ]);
    expect(await verified()).toMatchObject({ clean: true, findings: [] });
    // The next start finds nothing amiss: the end of the trail was written down outside of the database too.
    await stop();
    server = await startServer(config, { log: recordedLog() });
    expect(await verified()).toMatchObject({ clean: true, findings: [] });
  });

  test('what only looks is not', async () => {
    await listKeys(config);
    await listRevocationsOf(config);
    expect(await told()).toEqual([]);
  });

  test('what is refused is, as failed', async () => {
    await bootstrapAdministrator(config, { user: 'admin', replace: false });
    await bootstrapAdministrator(config, { user: 'admin', replace: false });
    await expect(bootstrapAdministrator(config, { user: 'admin', replace: false })).rejects.toThrow('--replace');
    await expect(revoke(config, { RoleName: 'nobody' })).rejects.toThrow();
    await expect(liftRevocation(config, '0'.repeat(32))).rejects.toThrow('not exists');
    expect((await told()).slice(2)).toEqual([
      'ram:Bootstrap Failed',
      'sts:RevokeSessions Failed',
      'sts:DeleteRevocation Failed',
    ]);
    expect((await verified()).clean).toBe(true);
  });

  test('a rotation that fails half way is told as one, and changes nothing', async () => {
    // Where the new file is to be written.
    await mkdir(join(config.data, 'keyring.json.new'));
    await expect(rotateKeys(config)).rejects.toThrow();
    expect(await told()).toEqual(['keys:Rotate Allowed', 'keys:Rotate Failed']);
    expect((await records()).map(({ Detail }) => Detail.step)).toEqual(['begin', 'failed']);
    expect((await listKeys(config)).map(({ id }) => id)).toEqual([1]);
    expect((await verified()).clean).toBe(true);
  });
});

describe('of a stopped server', () => {
  beforeEach(stop);

  test('what cannot be recorded is not done', async () => {
    const ring = await readFile(join(config.data, 'keyring.json'), 'utf8');
    const users = () => inDatabase((db) => db.selectFrom('users').select('user_name').orderBy('user_name').execute());
    const before = await users();
    // The end can be read, and nothing can be added.
    await inDatabase(async (db) => {
      await db.schema.alterTable('audit').renameColumn('subject', 'subject_away').execute();
    });
    await expect(bootstrapAdministrator(config, { user: 'admin', replace: false })).rejects.toThrow();
    await expect(revoke(config, { RoleName: 'sluice-upload' })).rejects.toThrow();
    await expect(rotateKeys(config)).rejects.toThrow();
    await inDatabase(async (db) => {
      await db.schema.alterTable('audit').renameColumn('subject_away', 'subject').execute();
    });
    expect(await users()).toEqual(before);
    expect(await listRevocationsOf(config)).toEqual([]);
    expect(await readFile(join(config.data, 'keyring.json'), 'utf8')).toBe(ring);
    expect(await told()).toEqual([]);
    expect((await verified()).clean).toBe(true);
  });

  test('the uploads that end with their sessions are told one by one', async () => {
    const link = { accountId: '', roleId: '', sessionName: 'alice', tokenId: 'T', issuedAt: 1 };
    await inDatabase(async (db) => {
      const account = await db.selectFrom('accounts').select('account_id').executeTakeFirstOrThrow();
      const role = await db
        .selectFrom('roles')
        .select('role_id')
        .where('role_name', '=', 'sluice-upload')
        .executeTakeFirstOrThrow();
      const origin = { links: [{ ...link, accountId: account.account_id, roleId: role.role_id }] };
      const { bucket } = await db.selectFrom('buckets').select('bucket').executeTakeFirstOrThrow();
      const upload = { upload_id: 'U1', bucket, object_key: 'k', acl: 'default', headers: '{}', tags: '' } as const;
      await db
        .insertInto('uploads')
        .values({ ...upload, origin: JSON.stringify(origin), forbid_overwrite: 0, initiated_at: 1 })
        .execute();
    });
    expect(await revoke(config, { RoleSessionName: 'alice' })).toMatchObject({ AbortedUploads: 1 });
    expect(await verified()).toMatchObject({ clean: true });
    const actions: string[] = [];
    const asked = { ask: 'list', filter: {}, limit: 2 } as const;
    for await (const line of readAudit(config, asked, new AbortController().signal)) {
      if ('record' in line) actions.push(`${line.record.Action} ${line.record.UploadId ?? ''}`);
    }
    expect(actions).toEqual(['revocation:AbortUpload U1', 'sts:RevokeSessions ']);
  });

  test('an act does not cover up that the end of the trail was cut off', async () => {
    await inDatabase(async (db) => {
      const { seq } = await db
        .selectFrom('audit')
        .select(({ fn }) => fn.max('seq').as('seq'))
        .executeTakeFirstOrThrow();
      await db.deleteFrom('audit').where('seq', '=', seq).execute();
    });
    await rotateKeys(config);
    const { clean, findings } = await verified();
    expect([clean, findings.map(({ kind }) => kind)]).toEqual([false, ['alarm']]);
  });
});
