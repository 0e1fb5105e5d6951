import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../db/schema.js';
import { openTestDatabase } from '../../testing/test-database.js';
import { GroupCommit } from './group-commit.js';

let db: Database;
let transactions: number;
let commits: GroupCommit;
beforeEach(async () => {
  db = await openTestDatabase();
  transactions = 0;
  const counting = new Proxy(db, {
    get(target, name) {
      if (name === 'transaction') transactions++;
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  commits = new GroupCommit(counting);
});
afterEach(() => db.destroy());

const insert = (name: string) =>
  commits.commit(async (transaction) => {
    await transaction.insertInto('settings').values({ name, value: '' }).execute();
    return name;
  });
const names = async () => (await db.selectFrom('settings').select('name').orderBy('name').execute()).map((r) => r.name);

describe('GroupCommit', () => {
  it('commits what comes together in one transaction', async () => {
    expect(await Promise.all(['a', 'b', 'c'].map(insert))).toEqual(['a', 'b', 'c']);
    expect(transactions).toBe(1);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  it('lets a step that fails fail alone', async () => {
    const results = await Promise.allSettled([
      insert('a'),
      commits.commit(async (transaction) => {
        await transaction.insertInto('settings').values({ name: 'half', value: '' }).execute();
        throw new Error('refused');
      }),
      insert('b'),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await names()).toEqual(['a', 'b']);
  });

  it('goes on after a failure', async () => {
    await expect(commits.commit(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await insert('later');
    await commits.idle();
    expect(await names()).toEqual(['later']);
  });
});
