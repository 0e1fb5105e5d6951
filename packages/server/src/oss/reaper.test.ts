import { afterEach, beforeEach, expect, it } from 'vitest';
import { DatabaseUnavailable } from '../db/database-errors.js';
import { giveLateDurability } from '../db/late-durability.js';
import type { Database } from '../db/schema.js';
import { openSqlite } from '../db/sqlite.js';
import { pageOfGarbage } from './catalog/garbage.js';
import { GroupCommit } from './catalog/group-commit.js';
import type { StorageEngine } from './engine/engine.js';
import { Leases } from './leases.js';
import { Reaper } from './reaper.js';

let db: Database;
let happened: string[];
let settle: () => Promise<void>;
beforeEach(async () => {
  db = await openSqlite(':memory:');
  await db.insertInto('garbage').values({ blob: 'old', since: 0 }).execute();
  happened = [];
  settle = async () => void happened.push('on disk');
  giveLateDurability(db, { deferNext: () => undefined, settle: () => settle() });
});
afterEach(() => db.destroy());

async function reap(): Promise<void> {
  const engine = { delete: async (blob: string) => void happened.push(`${blob} deleted`) } as unknown as StorageEngine;
  const write = () => undefined;
  const log = { debug: write, info: write, warn: write, error: write };
  const reaper = new Reaper({ db, engine, commits: new GroupCommit(db), leases: new Leases(write), log });
  reaper.wake();
  await reaper.idle();
}

it('bytes go only when it is on disk that nothing names them', async () => {
  await reap();
  expect(happened.slice(0, 2)).toEqual(['on disk', 'old deleted']);
  expect(await pageOfGarbage(db, '', 1)).toEqual([]);
});

it('bytes stay when it may never get to disk: what names them would be back after a restart', async () => {
  settle = () => Promise.reject(new DatabaseUnavailable('the log of the database could not be written to disk'));
  await reap();
  expect(happened).toEqual([]);
  expect(await pageOfGarbage(db, '', 1)).toEqual(['old']);
});
