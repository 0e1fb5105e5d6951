import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dialect, openTestDatabase } from '../testing/test-database.js';
import { CommitUnknown, DatabaseUnavailable } from './database-errors.js';
import type { Database } from './schema.js';
import { transact } from './transact.js';

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.destroy());

const note = (name: string, value: string) => ({ name, value });
const noted = async (name: string) =>
  (await db.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst())?.value;

describe(`a transaction on ${dialect}`, () => {
  test('that looks first and writes then is safe beside fifty of its kind', async () => {
    await db.insertInto('settings').values(note('count', '0')).execute();
    const step = () =>
      transact(db, async (transaction) => {
        const row = await transaction.selectFrom('settings').selectAll().where('name', '=', 'count').executeTakeFirst();
        const value = String(Number(row?.value) + 1);
        await transaction.updateTable('settings').set({ value }).where('name', '=', 'count').execute();
        return value;
      });
    const values = await Promise.all(Array.from({ length: 50 }, step));
    expect(values.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    expect(await noted('count')).toBe('50');
  });

  test('that found nothing and inserts is alone, although there is no row to lock', async () => {
    const step = (i: number) =>
      transact(db, async (transaction) => {
        const rows = await transaction.selectFrom('settings').select('name').where('name', '>', 'seat-').execute();
        if (rows.length >= 3) return false;
        await transaction
          .insertInto('settings')
          .values(note(`seat-${i}`, ''))
          .execute();
        return true;
      });
    const seated = await Promise.all(Array.from({ length: 20 }, (_, i) => step(i)));
    expect(seated.filter(Boolean).length).toBe(3);
    expect((await db.selectFrom('settings').select('name').where('name', '>', 'seat-').execute()).length).toBe(3);
  });

  test('that fails leaves nothing, and says why', async () => {
    const failing = transact(db, async (transaction) => {
      await transaction.insertInto('settings').values(note('half', '')).execute();
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    expect(await noted('half')).toBeUndefined();
  });

  test('whose statement failed is not committed, although the step went on', async () => {
    await db.insertInto('settings').values(note('there', '')).execute();
    const passing = transact(db, async (transaction) => {
      await transaction.insertInto('settings').values(note('before', '')).execute();
      await transaction
        .insertInto('settings')
        .values(note('there', ''))
        .execute()
        .catch(() => undefined);
      return 'done';
    });
    const outcome = await passing.catch((error: Error) => error);
    // SQLite undoes the statement, PostgreSQL the transaction: what is told is what is stored.
    expect((await noted('before')) !== undefined).toBe(outcome === 'done');
  });

  test('that lost the database in its commit says that nobody knows, before it that nothing was stored', async () => {
    const losing = (when: 'step' | 'commit') =>
      ({
        transaction: () => ({
          setIsolationLevel: () => ({
            execute: async (step: (transaction: unknown) => Promise<unknown>) => {
              if (when === 'commit') await step(db);
              throw new DatabaseUnavailable('gone');
            },
          }),
        }),
      }) as unknown as Database;
    const step = async () => 'x';
    await expect(transact(losing('commit'), step)).rejects.toBeInstanceOf(CommitUnknown);
    await expect(transact(losing('step'), step)).rejects.not.toBeInstanceOf(CommitUnknown);
    await expect(transact(losing('step'), step)).rejects.toBeInstanceOf(DatabaseUnavailable);
  });
});
