import { expect, test } from 'vitest';
import { transact } from '../../db/transact.js';
import { openTestDatabase } from '../../testing/test-database.js';
import { putSetting } from '../catalog/buckets.js';
import { ensureBucket } from '../ensure-bucket.js';
import { lifecycleFinder } from './find-rules.js';

const bucket = 'media';
const configuration = (id: number, characters: number) => JSON.stringify([{ id, prefix: 'p'.repeat(characters) }]);

test('configurations are kept by what they take: many small ones, few large ones', async () => {
  const db = await openTestDatabase();
  try {
    await ensureBucket(db, { bucket, account_id: '1', region: 'cn-local', acl: 'private', created_at: 0 });
    const find = lifecycleFinder(db);
    const rulesOf = async (id: number, characters: number) => {
      await transact(db, (transaction) => putSetting(transaction, bucket, 'lifecycle', configuration(id, characters)));
      return find(bucket);
    };
    for (const [characters, kept] of [
      [100, true],
      [1_000_000, false],
    ] as const) {
      const first = await rulesOf(0, characters);
      expect(await find(bucket)).toBe(first);
      for (let id = 1; id <= 30; id++) await rulesOf(id, characters);
      expect((await rulesOf(0, characters)) === first, String(characters)).toBe(kept);
    }
  } finally {
    await db.destroy();
  }
});
