import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DatabaseUnusable } from './database-errors.js';
import { checkpointSqlite, openSqlite } from './sqlite.js';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-db-'));
  file = join(directory, 'sluice.db');
});
afterEach(() => rm(directory, { recursive: true }));

const refusal = async () => {
  const error = await openSqlite(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseUnusable);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
};
const note = (value: string) => ({ name: 'note', value });

describe('the database', () => {
  test('is made with its tables, for its owner only, and keeps what was written', async () => {
    const first = await openSqlite(file);
    await first.insertInto('settings').values(note('kept')).execute();
    await checkpointSqlite(first);
    await first.destroy();
    for (const name of [file]) expect((await stat(name)).mode & 0o777).toBe(0o600);
    const second = await openSqlite(file);
    expect(await second.selectFrom('settings').selectAll().execute()).toEqual([note('kept')]);
    await second.destroy();
  });

  test('writes durably: a commit is in the log before it returns', async () => {
    const db = await openSqlite(file);
    await db.insertInto('settings').values(note('a text to look for')).execute();
    const [log, main] = await Promise.all([readFile(`${file}-wal`), readFile(file)]);
    expect(log.includes('a text to look for') || main.includes('a text to look for')).toBe(true);
    await db.destroy();
  });

  test('takes up no log of a crash: a sync of it may have failed, and what follows would be lost with that', async () => {
    const crashed = await openSqlite(file);
    await crashed.insertInto('settings').values(note('in the log')).execute();
    const left = join(directory, 'left.db');
    for (const end of ['', '-wal']) await copyFile(`${file}${end}`, `${left}${end}`);
    await crashed.destroy();
    const db = await openSqlite(left);
    const alone = join(directory, 'alone.db');
    await copyFile(left, alone);
    const withoutLog = await openSqlite(alone);
    expect(await withoutLog.selectFrom('settings').selectAll().execute()).toEqual([note('in the log')]);
    await withoutLog.destroy();
    await db.destroy();
  });

  test('refuses a text with NUL, which would be cut there', async () => {
    const db = await openSqlite(':memory:');
    const rows = db.selectFrom('settings').selectAll().where('name', '=', 'a\0b').execute();
    await expect(rows).rejects.toThrow('NUL');
    await db.destroy();
  });

  test('undoes a transaction that fails', async () => {
    const db = await openSqlite(':memory:');
    const failing = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('settings').values(note('x')).execute();
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await db.selectFrom('settings').selectAll().execute()).toEqual([]);
    await db.destroy();
  });

  test('serves one server: the second is refused in one line', async () => {
    const first = await openSqlite(file);
    expect(await refusal()).toBe(`the database ${file} is in use by another server`);
    await first.destroy();
    await (await openSqlite(file)).destroy();
  });

  test('that is something else is refused in one line', async () => {
    await writeFile(file, 'this is a text file, and it is long enough to be looked at as a database header'.repeat(20));
    expect(await refusal()).toMatch(
      /^the database .* is damaged or not a Sluice database \(.*\); restore a backup or choose another --data directory$/,
    );
  });

  test('that is damaged in the middle is refused in one line', async () => {
    const db = await openSqlite(file);
    for (let i = 0; i < 300; i++)
      await db
        .insertInto('settings')
        .values({ name: `n${i}`, value: 'x'.repeat(500) })
        .execute();
    await checkpointSqlite(db);
    await db.destroy();
    const bytes = await readFile(file);
    bytes.fill(0xa5, 8 * 4096, 24 * 4096);
    await writeFile(file, bytes);
    expect(await refusal()).toMatch(/is damaged or not a Sluice database/);
  });

  test('that cannot be opened is not said to be damaged', async () => {
    await mkdir(file);
    expect(await refusal()).toMatch(/^the database .* cannot be read or written: .*unable to open database file$/);
  });

  test('of a newer Sluice is refused, not changed', async () => {
    const db = await openSqlite(file);
    await db.schema.createTable('future').addColumn('a', 'text').execute();
    await db
      .insertInto('kysely_migration' as 'settings')
      .values({ name: '9999-future', timestamp: '2030-01-01T00:00:00Z' } as never)
      .execute();
    await db.destroy();
    expect(await refusal()).toMatch(/was made by a newer version of Sluice: start that one \(.*9999-future/);
  });
});
