import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Kysely, Migrator, SqliteDialect } from 'kysely';
import { expect, test } from 'vitest';
import { migrations } from './migrations.js';
import { openSqlite } from './sqlite.js';

/** A database as the first release left it, with one finished and one unfinished media. */
async function firstRelease(file: string): Promise<void> {
  const connection = new DatabaseSync(file);
  const database = {
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
  const db = new Kysely({ dialect: new SqliteDialect({ database }) });
  const first = { '0001-first': migrations['0001-first'] as (typeof migrations)[string] };
  await new Migrator({ db, provider: { getMigrations: async () => first } }).migrateToLatest();
  connection.exec(`
    insert into buckets values ('b', '1', 'r', 'private', 0);
    insert into objects values ('b', 'media/m/source.mp4', 'o1', 'Normal', 5, 'E', '7', '[]', 1);
    insert into manifests values ('o1', '[["blob",5]]');
    insert into media values ('m', '1', 'video', 'Normal', 'alice', 't', '', '', null, '', '', 'app', '', null, '',
      'f.mp4', 'b', 'media/m/source.mp4', 5, 1, 1);
  `);
  await db.destroy();
}

test('a database of the first release is brought forward with what it holds', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-migrations-'));
  const file = join(directory, 'sluice.db');
  await firstRelease(file);
  for (const start of ['first', 'second']) {
    const db = await openSqlite(file);
    expect(await db.selectFrom('objects').selectAll().executeTakeFirst(), start).toMatchObject({
      object_id: 'o1',
      manifest_id: 'o1',
      upload_id: null,
      size: 5,
    });
    expect(await db.selectFrom('media').selectAll().executeTakeFirst(), start).toMatchObject({
      media_id: 'm',
      file_sample: '',
      part_unit: 0,
    });
    const applied = await db
      .selectFrom('kysely_migration' as 'settings')
      .select('name')
      .execute();
    expect(applied.map((row) => row.name)).toEqual(Object.keys(migrations));
    await db.destroy();
  }
  await rm(directory, { recursive: true });
});
