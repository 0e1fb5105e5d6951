import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../db/schema.js';
import { systemClock, systemRandom } from '../runtime-system.js';
import { openTestDatabase } from '../testing/test-database.js';
import { openCallbackKey } from './callback-key.js';
import { keyRing, newMasterKey } from './key-ring.js';

let db: Database;
beforeEach(async () => {
  db = await openTestDatabase();
});
afterEach(() => db.destroy());
const ring = () => keyRing([newMasterKey(1, systemClock, systemRandom)]);

it('is made once, and the same afterwards', async () => {
  const keys = ring();
  const [a, b] = await Promise.all([openCallbackKey(db, keys, systemRandom), openCallbackKey(db, keys, systemRandom)]);
  const again = await openCallbackKey(db, keys, systemRandom);
  expect([a?.publicPem, b?.publicPem]).toEqual([again.publicPem, again.publicPem]);
  const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(again.publicPem);
  expect([asymmetricKeyType, asymmetricKeyDetails?.modulusLength]).toEqual(['rsa', 2048]);
});

it('is never stored in the clear', async () => {
  await openCallbackKey(db, ring(), systemRandom);
  const rows = await db.selectFrom('settings').selectAll().execute();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.value).toMatch(/^1\.[\w-]+\.[\w-]+$/);
});

it('cannot be opened with another key ring', async () => {
  await openCallbackKey(db, ring(), systemRandom);
  await expect(openCallbackKey(db, ring(), systemRandom)).rejects.toThrow('another key ring');
});
