import type { DatabaseTransaction, ObjectsTable, Queryable } from '../../db/schema.js';

/** A stretch of an object: a whole blob. The CRC64 (unsigned decimal) is missing in records of earlier releases. */
export type Extent = readonly [blob: string, size: number, crc64?: string];

export const readExtents = (column: string): readonly Extent[] => JSON.parse(column) as readonly Extent[];

/** The column `damaged`. */
export const readDamaged = (column: string | null): ReadonlySet<string> =>
  new Set(column === null ? [] : (JSON.parse(column) as string[]));

export async function insertManifest(
  transaction: DatabaseTransaction,
  manifestId: string,
  extents: readonly Extent[],
): Promise<void> {
  await transaction
    .insertInto('manifests')
    .values({ object_id: manifestId, blobs: JSON.stringify(extents), damaged: null })
    .execute();
}

/** Gives a manifest that one object alone names other extents. */
export async function rewriteManifest(
  transaction: DatabaseTransaction,
  manifestId: string,
  extents: readonly Extent[],
): Promise<void> {
  await transaction
    .updateTable('manifests')
    .set({ blobs: JSON.stringify(extents) })
    .where('object_id', '=', manifestId)
    .execute();
}

/** An object with its manifest, read in one statement: an overwrite cannot come between the two. */
export async function findObjectAndExtents(
  db: Queryable,
  bucket: string,
  key: string,
): Promise<{ object: Readonly<ObjectsTable>; extents: readonly Extent[]; damaged: ReadonlySet<string> } | undefined> {
  const row = await db
    .selectFrom('objects')
    .innerJoin('manifests', 'manifests.object_id', 'objects.manifest_id')
    .selectAll('objects')
    .select(['manifests.blobs', 'manifests.damaged'])
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
  if (!row) return undefined;
  const { blobs, damaged, ...object } = row;
  return { object, extents: readExtents(blobs), damaged: readDamaged(damaged) };
}

/**
 * Removes a manifest, unless an object still names it. Asked in the transaction that took one name away, so of two objects
 * that go at the same time the second one finds itself the last.
 * @returns the blobs that nothing names any more
 */
export async function releaseManifest(
  transaction: DatabaseTransaction,
  manifestId: string,
): Promise<readonly string[]> {
  const user = await transaction
    .selectFrom('objects')
    .select('object_id')
    .where('manifest_id', '=', manifestId)
    .limit(1)
    .executeTakeFirst();
  if (user) return [];
  const row = await transaction
    .selectFrom('manifests')
    .select(['blobs', 'damaged'])
    .where('object_id', '=', manifestId)
    .executeTakeFirst();
  await transaction.deleteFrom('manifests').where('object_id', '=', manifestId).execute();
  if (row && row.damaged !== null)
    await transaction.deleteFrom('quarantine').where('manifest_id', '=', manifestId).execute();
  return readExtents(row?.blobs ?? '[]').map(([blob]) => blob);
}

/**
 * {@link releaseManifest} of several at once.
 * @param manifestIds some hundred, each once
 */
export async function releaseManifests(
  transaction: DatabaseTransaction,
  manifestIds: readonly string[],
): Promise<readonly string[]> {
  if (manifestIds.length === 0) return [];
  const users = await transaction
    .selectFrom('objects')
    .select('manifest_id')
    .distinct()
    .where('manifest_id', 'in', manifestIds)
    .execute();
  const used = new Set(users.map((row) => row.manifest_id));
  const free = manifestIds.filter((id) => !used.has(id));
  if (free.length === 0) return [];
  const rows = await transaction
    .selectFrom('manifests')
    .select(['object_id', 'blobs', 'damaged'])
    .where('object_id', 'in', free)
    .execute();
  const damaged = rows.filter((row) => row.damaged !== null).map((row) => row.object_id);
  if (damaged.length > 0) await transaction.deleteFrom('quarantine').where('manifest_id', 'in', damaged).execute();
  await transaction.deleteFrom('manifests').where('object_id', 'in', free).execute();
  return rows.flatMap((row) => readExtents(row.blobs).map(([blob]) => blob));
}

/** One page of manifests in the order of their ids, after `after`; for the sweep. */
export async function pageOfManifests(
  db: Queryable,
  after: string,
  limit: number,
): Promise<readonly { objectId: string; blobs: readonly string[] }[]> {
  const rows = await db
    .selectFrom('manifests')
    .selectAll()
    .where('object_id', '>', after)
    .orderBy('object_id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ objectId: row.object_id, blobs: readExtents(row.blobs).map(([blob]) => blob) }));
}
