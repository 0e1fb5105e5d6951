import { createPublicKey } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../db/schema.js';
import { systemClock, systemRandom } from '../runtime-system.js';
import { openTestDatabase } from '../testing/test-database.js';
import { callbackKeyColumn, openCallbackKey } from './callback-key.js';
import { keyRing, newMasterKey } from './key-ring.js';
import { resealSecrets } from './reseal.js';

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

it('is sealed anew when the keys are rotated, and stays the same; other settings are left alone', async () => {
  const old = newMasterKey(1, systemClock, systemRandom);
  const { publicPem } = await openCallbackKey(db, keyRing([old]), systemRandom);
  await db.insertInto('settings').values({ name: 'installation', value: '1.not.sealed' }).execute();
  const next = newMasterKey(2, systemClock, systemRandom);
  const needed = await resealSecrets(db, keyRing([old, next]), systemRandom, [callbackKeyColumn]);
  expect([...needed]).toEqual([]);
  expect((await openCallbackKey(db, keyRing([next]), systemRandom)).publicPem).toBe(publicPem);
  const other = await db.selectFrom('settings').select('value').where('name', '=', 'installation').executeTakeFirst();
  expect(other?.value).toBe('1.not.sealed');
});
