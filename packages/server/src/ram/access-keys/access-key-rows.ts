import type { AccessKeysTable, Queryable } from '../../db/schema.js';
import { type KeyRing, sealSecret } from '../../keys/key-ring.js';
import type { Clock, Random } from '../../runtime.js';
import { base62 } from '../../sts/sealed-token.js';
import { ramErrors } from '../errors.js';

export type AccessKey = Readonly<AccessKeysTable>;

/** Binds a sealed secret to its row. */
export const accessKeyContext = (accessKeyId: string): string => `access-key:${accessKeyId}`;

/** A new key and its secret, which is nowhere else in clear. */
export function newAccessKey(
  { ring, clock, random }: { ring: KeyRing; clock: Clock; random: Random },
  owner: { readonly accountId: string; readonly userId: string | null },
): { readonly row: AccessKey; readonly secret: string } {
  const id = `LTAI${base62(random.bytes(15)).slice(0, 20)}`;
  const secret = base62(random.bytes(23)).slice(0, 30);
  const row: AccessKey = {
    access_key_id: id,
    account_id: owner.accountId,
    user_id: owner.userId,
    sealed_secret: sealSecret(ring, random, accessKeyContext(id), secret),
    status: 'Active',
    created_at: clock.now(),
    last_used_at: null,
  };
  return { row, secret };
}

export async function insertAccessKey(db: Queryable, row: AccessKey): Promise<void> {
  await db.insertInto('access_keys').values(row).execute();
}

/** @param userId null: the keys of the account itself */
export async function keysOfUser(
  db: Queryable,
  accountId: string,
  userId: string | null,
): Promise<readonly AccessKey[]> {
  return db
    .selectFrom('access_keys')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_id', userId === null ? 'is' : '=', userId)
    .orderBy('created_at')
    .orderBy('access_key_id')
    .execute();
}

/** @throws RpcError `EntityNotExist.User.AccessKey` also for a key of somebody else */
export async function requireAccessKey(
  db: Queryable,
  owner: { readonly accountId: string; readonly userId: string | null },
  accessKeyId: string,
): Promise<AccessKey> {
  const found = (await keysOfUser(db, owner.accountId, owner.userId)).find((key) => key.access_key_id === accessKeyId);
  if (!found) throw ramErrors.notExist('User.AccessKey', accessKeyId);
  return found;
}

export async function setAccessKeyStatus(
  db: Queryable,
  accessKeyId: string,
  status: AccessKey['status'],
): Promise<void> {
  await db.updateTable('access_keys').set({ status }).where('access_key_id', '=', accessKeyId).execute();
}

export async function deleteAccessKeyRow(db: Queryable, accessKeyId: string): Promise<void> {
  await db.deleteFrom('access_keys').where('access_key_id', '=', accessKeyId).execute();
}
