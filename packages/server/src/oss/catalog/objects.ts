import type { DatabaseTransaction, ObjectsTable, Queryable } from '../../db/schema.js';
import { discardBlobs } from './garbage.js';
import { type Extent, insertManifest, releaseManifest } from './manifest.js';

export type ObjectRow = Readonly<ObjectsTable>;

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

export async function findObject(db: Queryable, { bucket, key }: ObjectName): Promise<ObjectRow | undefined> {
  return db
    .selectFrom('objects')
    .selectAll()
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
}

/**
 * Makes an object whole: its row, its manifest, and the blobs of what it replaces to the garbage. Last writer wins.
 * @param extents of a manifest of its own; absent when the row names one that is there, be it that of what it replaces
 */
export async function replaceObject(
  transaction: DatabaseTransaction,
  row: ObjectRow,
  extents: readonly Extent[] | undefined,
): Promise<void> {
  const old = await removeRow(transaction, { bucket: row.bucket, key: row.object_key });
  await transaction.insertInto('objects').values(row).execute();
  if (extents) await insertManifest(transaction, row.manifest_id, extents);
  if (old) await discardBlobs(transaction, await releaseManifest(transaction, old.manifest_id), row.last_modified);
}

/** @returns whether there is such an object */
export async function retagObject(
  transaction: DatabaseTransaction,
  { bucket, key }: ObjectName,
  tags: string,
): Promise<boolean> {
  const { numUpdatedRows } = await transaction
    .updateTable('objects')
    .set({ tags })
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** `undefined` when there is no such object. */
export async function findAcl(db: Queryable, { bucket, key }: ObjectName): Promise<ObjectRow['acl'] | undefined> {
  // SQLite ends a text parameter at NUL: it would find the object of another key.
  if (key.includes('\0')) return undefined;
  const row = await db
    .selectFrom('objects')
    .select('acl')
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
  return row?.acl;
}

/** @returns whether there is such an object */
export async function setObjectAcl(
  transaction: DatabaseTransaction,
  { bucket, key }: ObjectName,
  acl: ObjectRow['acl'],
): Promise<boolean> {
  const result = await transaction
    .updateTable('objects')
    .set({ acl })
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** @returns whether there was one */
export async function removeObject(transaction: DatabaseTransaction, name: ObjectName, now: number): Promise<boolean> {
  const old = await removeRow(transaction, name);
  if (!old) return false;
  await discardBlobs(transaction, await releaseManifest(transaction, old.manifest_id), now);
  return true;
}

/** @returns the row that was there; its manifest is left to the caller */
async function removeRow(transaction: DatabaseTransaction, name: ObjectName): Promise<ObjectRow | undefined> {
  const old = await findObject(transaction, name);
  if (!old) return undefined;
  await transaction
    .deleteFrom('objects')
    .where('bucket', '=', name.bucket)
    .where('object_key', '=', name.key)
    .execute();
  return old;
}

/** Objects of a bucket in the order of their keys, beginning at `from` or, when that is given, after `after`. */
export async function pageOfObjects(
  db: Queryable,
  bucket: string,
  { from, after }: { readonly from: string; readonly after: string | undefined },
  limit: number,
): Promise<readonly Pick<ObjectRow, 'object_key' | 'object_id' | 'etag' | 'tags' | 'last_modified'>[]> {
  return db
    .selectFrom('objects')
    .select(['object_key', 'object_id', 'etag', 'tags', 'last_modified'])
    .where('bucket', '=', bucket)
    .where('object_key', after === undefined ? '>=' : '>', after ?? from)
    .orderBy('object_key')
    .limit(limit)
    .execute();
}
