import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database } from '../db/schema.js';
import type { Random } from '../runtime.js';
import { type KeyRing, openSecret, sealSecret } from './key-ring.js';
import { KeyRingUnusable } from './key-ring-file.js';
import type { SealedColumn } from './reseal.js';

/** The key that upload callbacks are signed with. */
export interface CallbackKey {
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, PEM: what receivers verify with. */
  readonly publicPem: string;
}

const SETTING = 'upload-callback-key';
const BITS = 2048;

/** Where it lies, so that a rotation of the key ring seals it anew. */
export const callbackKeyColumn: SealedColumn = {
  table: 'settings',
  id: 'name',
  column: 'value',
  context: () => SETTING,
  only: SETTING,
};

/**
 * The key pair of this installation: made the first time it is asked for, kept in the database sealed under the key ring like
 * every other secret, and the same for all nodes that share the database. It never changes by itself, because receivers keep
 * the public half.
 * @throws {KeyRingUnusable} when the key ring that sealed it is gone
 */
export async function openCallbackKey(db: Database, ring: KeyRing, random: Random): Promise<CallbackKey> {
  const sealed = (await find(db)) ?? (await make(db, ring, random));
  const pem = openSecret(ring, SETTING, sealed);
  if (pem === undefined) throw new KeyRingUnusable('the key of upload callbacks was sealed under another key ring');
  const privateKey = createPrivateKey(pem);
  const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  return { privateKey, publicPem };
}

async function find(db: Database): Promise<string | undefined> {
  const row = await db.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
  return row?.value;
}

/** Two nodes that start together agree on the key that was committed first. */
async function make(db: Database, ring: KeyRing, random: Random): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: BITS });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const value = sealSecret(ring, random, SETTING, pem);
  await db
    .insertInto('settings')
    .values({ name: SETTING, value })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return (await find(db)) ?? value;
}
