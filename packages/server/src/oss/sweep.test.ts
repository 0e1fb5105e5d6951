import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../db/schema.js';
import { recordedLog } from '../testing/fixed-parts.js';
import { onPostgres, openTestDatabase } from '../testing/test-database.js';
import type { StorageEngine } from './engine/engine.js';
import { Strays } from './strays.js';
import { sweepOrphans } from './sweep.js';

let db: Database;
let deleted: string[];
beforeEach(async () => {
  db = await openTestDatabase();
  deleted = [];
});
afterEach(() => db.destroy());

function sweep(signal = new AbortController().signal): Promise<number> {
  const engine = {
    async *listEarlier() {
      yield* ['named', 'nameless'];
    },
    delete: async (blob: string) => void deleted.push(blob),
  } as unknown as StorageEngine;
  const log = recordedLog();
  return sweepOrphans({ db, engine, strays: new Strays(log), log }, signal);
}
const naming = (queryable: Database) =>
  queryable
    .insertInto('manifests')
    .values({ object_id: 'm', blobs: JSON.stringify([['named', 1, '0']]), damaged: null })
    .execute();

it('a sweep deletes what nothing names', async () => {
  await naming(db);
  expect(await sweep()).toBe(1);
  expect(deleted).toEqual(['nameless']);
});

describe.runIf(onPostgres)('a commit that is under way when a sweep begins', () => {
  let commit: () => void;
  let committed: Promise<void>;
  beforeEach(async () => {
    let written = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      written = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      commit = resolve;
    });
    committed = db.transaction().execute(async (transaction) => {
      await naming(transaction);
      written();
      await asked;
    });
    await begun;
  });

  it('is waited for: it may name what nothing is seen to name', async () => {
    const sweeping = sweep();
    await Promise.race([sweeping, sleep(500)]);
    commit();
    await committed;
    expect(await sweeping).toBe(1);
    expect(deleted).toEqual(['nameless']);
  });

  it('does not keep a server from stopping', async () => {
    const stopping = new AbortController();
    const sweeping = sweep(stopping.signal);
    stopping.abort();
    expect(await sweeping).toBe(0);
    expect(deleted).toEqual([]);
    commit();
    await committed;
  });
});
