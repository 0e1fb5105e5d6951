import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Kysely, Migrator, PostgresDialect, SqliteDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { policiesAttachedTo } from '../../ram/attachments.js';
import { keepSystemPolicies } from '../../ram/keep-system-policies.js';
import { findPolicy, versionsOf } from '../../ram/policies/policy-rows.js';
import { dialect, onPostgres, postgresPlace } from '../../testing/test-database.js';
import { ByteOrder } from '../byte-order.js';
import { openPostgres } from '../postgres.js';
import type { Database, Schema } from '../schema.js';
import { openSqlite } from '../sqlite.js';
import { transact } from '../transact.js';
import { migrations } from './index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-migrations-'));
});
afterEach(() => rm(directory, { recursive: true }));

interface Place {
  /** Without any migration. */
  bare(): Promise<Kysely<Schema>>;
  open(): Promise<Database>;
  readonly schema: string | undefined;
}

async function place(): Promise<Place> {
  if (!onPostgres) {
    const file = join(directory, 'sluice.db');
    return {
      schema: undefined,
      bare: async () => new Kysely({ dialect: new SqliteDialect({ database: faceOf(new DatabaseSync(file)) }) }),
      open: () => openSqlite(file),
    };
  }
  const { url, schema } = await postgresPlace();
  return {
    schema,
    bare: async () => {
      const pool = new Pool({ connectionString: url, options: `-c search_path=${schema}` });
      return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }).withPlugin(new ByteOrder());
    },
    open: () => openPostgres({ url, schema }),
  };
}

function faceOf(connection: InstanceType<typeof DatabaseSync>) {
  return {
    close: () => connection.close(),
    prepare(text: string) {
      const statement = connection.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (values: readonly unknown[]) => statement.all(...(values as string[])),
        run: (values: readonly unknown[]) => statement.run(...(values as string[])),
        iterate: (values: readonly unknown[]) => statement.iterate(...(values as string[])),
      };
    },
  };
}

/** As the first release left it: a finished object with its media, an upload with two parts, a waiting event. */
const ROWS = [
  `insert into settings values ('installation', '{"bucket":"b"}')`,
  `insert into accounts values ('1', 'root', 'hash', 5)`,
  `insert into users values ('2', '1', 'appserver', 'AppServer', 5)`,
  `insert into access_keys values ('LTAI', '1', '2', 'sealed', 'Active', 5)`,
  `insert into roles values ('3', '1', 'sluice-upload', 'd', '{"Version":"1"}', 3600, 5)`,
  `insert into policies values ('system', 'AliyunVODUploadAuth', 'as it was', '{"Version":"1", "Statement":[]}', 5)`,
  `insert into policies values ('1', 'Mine', 'd', ' {"Version":"1","Statement":[]} ', 6)`,
  `insert into policy_attachments values ('user:2', 'system', 'AliyunVODUploadAuth', 5)`,
  `insert into policy_attachments values ('role:3', '1', 'Mine', 6)`,
  `insert into buckets values ('b', '1', 'r', 'private', 0)`,
  `insert into objects values ('b', 'media/m/source.mp4', 'o1', 'Normal', 6442450944, 'E', '18446744073709551615', '[]', 1)`,
  `insert into manifests values ('o1', '[["blob",6442450944]]')`,
  `insert into uploads values ('0123456789ABCDEF0123456789ABCDEF', 'b', 'film', '[["content-type","video/mp4"]]', 7)`,
  `insert into parts values ('0123456789ABCDEF0123456789ABCDEF', 1, 'p1', 102400, 'E1', '1', 8)`,
  `insert into parts values ('0123456789ABCDEF0123456789ABCDEF', 10000, 'p2', 3, 'E2', '2', 9)`,
  `insert into garbage values ('old', 3)`,
  `insert into outbox values ('e', 'FileUploadComplete', 'http://h/', '{}', 1, 2, 1, null, null, 'refused')`,
  `insert into media values ('m', '1', 'video', 'Normal', 'alice', 'Titel für 片', '', '', null, '', '', 'app', '', null, '',
    'f.mp4', 'b', 'media/m/source.mp4', 5, 1, 1)`,
];

async function firstRelease({ bare, schema }: Place): Promise<void> {
  const db = await bare();
  const first = { '0001-first': migrations['0001-first'] as (typeof migrations)[string] };
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => first },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  }).migrateToLatest();
  expect(error).toBeUndefined();
  for (const row of ROWS) await sql.raw(row).execute(db);
  await db.destroy();
}

test(`a database of the first release is brought forward with what it holds, on ${dialect}`, async () => {
  const at = await place();
  await firstRelease(at);
  for (const start of ['first', 'second']) {
    const db = await at.open();
    expect(await db.selectFrom('objects').selectAll().execute(), start).toEqual([
      expect.objectContaining({
        object_id: 'o1',
        manifest_id: 'o1',
        upload_id: null,
        size: 6_442_450_944,
        crc64: '18446744073709551615',
      }),
    ]);
    expect(await db.selectFrom('media').selectAll().execute(), start).toEqual([
      expect.objectContaining({ media_id: 'm', title: 'Titel für 片', file_sample: '', part_unit: 0 }),
    ]);
    expect(await db.selectFrom('uploads').selectAll().execute(), start).toEqual([
      expect.objectContaining({
        object_key: 'film',
        headers: '[["content-type","video/mp4"]]',
        forbid_overwrite: 0,
        initiated_at: 7,
      }),
    ]);
    expect(
      await db.selectFrom('parts').select(['part_number', 'blob', 'size']).orderBy('part_number').execute(),
    ).toEqual([
      { part_number: 1, blob: 'p1', size: 102_400 },
      { part_number: 10_000, blob: 'p2', size: 3 },
    ]);
    await transact(db, (transaction) => keepSystemPolicies(transaction, 9));
    const mine = { owner: '1', name: 'Mine' };
    expect(await versionsOf(db, mine), start).toMatchObject([
      { version: 1, document: ' {"Version":"1","Statement":[]} ', created_at: 6 },
    ]);
    expect(await findPolicy(db, mine), start).toMatchObject({ default_version: 1, newest_version: 1, updated_at: 6 });
    // A system policy of then is brought up to date as a new version, and nobody loses it.
    const system = { owner: 'system', name: 'AliyunVODUploadAuth' };
    expect(await findPolicy(db, system), start).toMatchObject({ default_version: 2, updated_at: 9 });
    expect(
      (await versionsOf(db, system)).map(({ version }) => version),
      start,
    ).toEqual([1, 2]);
    expect(await findPolicy(db, { ...system, name: 'AdministratorAccess' }), start).toMatchObject({ created_at: 9 });
    expect((await policiesAttachedTo(db, 'user:2')).map((row) => row.policy_name)).toEqual(['AliyunVODUploadAuth']);
    expect((await policiesAttachedTo(db, 'role:3')).map((row) => row.policy_name)).toEqual(['Mine']);
    expect(await db.selectFrom('roles').select(['role_name', 'updated_at']).execute()).toEqual([
      { role_name: 'sluice-upload', updated_at: 5 },
    ]);
    expect((await db.selectFrom('outbox').selectAll().executeTakeFirst())?.last_error).toBe('refused');
    expect(await db.selectFrom('garbage').select('blob').execute()).toEqual([{ blob: 'old' }]);
    expect((await db.selectFrom('access_keys').selectAll().executeTakeFirst())?.sealed_secret).toBe('sealed');
    expect(await db.selectFrom('buckets').select(['bucket', 'policy']).execute()).toEqual([
      { bucket: 'b', policy: null },
    ]);
    const applied = await db
      .selectFrom('kysely_migration' as 'settings')
      .select('name')
      .execute();
    expect(applied.map((row) => row.name)).toEqual(Object.keys(migrations));
    await db.destroy();
  }
});

test(`texts are in the order of their bytes on ${dialect}, also those of columns that came later`, async () => {
  const at = await place();
  await firstRelease(at);
  const db = await at.open();
  const names = [
    'a',
    'A',
    'b',
    'B',
    'ä',
    'é',
    'z',
    '_',
    '-',
    ' ',
    'a b',
    'aB',
    'ab',
    '~',
    '片',
    '😀',
    '\u{ffff}',
    '\t',
    '10',
    '9',
  ];
  for (const name of names)
    await db
      .insertInto('settings')
      .values({ name: `x${name}`, value: '' })
      .execute();
  const rows = await db.selectFrom('settings').select('name').where('name', '>', 'x').orderBy('name').execute();
  const bytes = (text: string) => Buffer.from(`x${text}`);
  const ordered = [...names].sort((one, other) => Buffer.compare(bytes(one), bytes(other)));
  expect(rows.map((row) => row.name)).toEqual(ordered.map((name) => `x${name}`));

  if (onPostgres) {
    const columns = await sql<{ column: string }>`
      select table_name || '.' || column_name as column from information_schema.columns
      where table_schema = ${at.schema} and data_type in ('text', 'character varying')
        and table_name not like 'kysely%' and table_name <> 'sluice_run' and collation_name is distinct from 'C'`.execute(
      db,
    );
    expect(columns.rows).toEqual([]);
  }
  await db.destroy();
});
