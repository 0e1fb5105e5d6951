import { mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseUnavailable } from './database-errors.js';
import { LogSync, lateDurability } from './late-durability.js';
import { openSqlite } from './sqlite.js';
import { transact } from './transact.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-log-'));
});
afterEach(() => rm(directory, { recursive: true }));
const setting = (name: string) => ({ name, value: 'x' });

describe('commits of SQLite', () => {
  it('are settled beside, and everybody who waits gets there', async () => {
    const db = await openSqlite(join(directory, 'a.db'));
    const names = Array.from({ length: 50 }, (_, i) => `n${i}`);
    await Promise.all(
      names.map((name) =>
        transact(db, (transaction) => transaction.insertInto('settings').values(setting(name)).execute()),
      ),
    );
    expect(await db.selectFrom('settings').select('name').execute()).toHaveLength(50);
    await db.destroy();
  });

  it('are refused for ever once a sync has failed: a log with a hole ends there', async () => {
    const file = join(directory, 'b.db');
    const log = new LogSync(file);
    await mkdir(`${file}-wal`);
    log.deferNext();
    log.committed();
    await expect(log.settle()).rejects.toBeInstanceOf(DatabaseUnavailable);
    await rmdir(`${file}-wal`);
    await writeFile(`${file}-wal`, '');
    await expect(log.settle()).rejects.toThrow('restart the server');
    expect(() => log.begin()).toThrow(DatabaseUnavailable);
    expect(() => log.committed()).toThrow(DatabaseUnavailable);
  });

  it('outside of a transaction, or not deferred, are durable when they return', async () => {
    const file = join(directory, 'c.db');
    const log = new LogSync(file);
    await mkdir(`${file}-wal`);
    log.deferNext();
    log.rolledBack();
    expect(() => log.committed()).toThrow(DatabaseUnavailable);
  });

  it('in memory need nothing', async () => {
    const db = await openSqlite(':memory:');
    expect(lateDurability(db)).toBeUndefined();
    await transact(db, (transaction) => transaction.insertInto('settings').values(setting('n')).execute());
    await db.destroy();
  });
});
