import type { DatabaseTransaction, ObjectsTable, Queryable } from '../../db/schema.js';

/** A stretch of an object: a whole blob. */
export type Extent = readonly [blob: string, size: number];

const readBlobs = (column: string): readonly Extent[] => JSON.parse(column) as readonly Extent[];

export async function insertManifest(
  transaction: DatabaseTransaction,
  objectId: string,
  extents: readonly Extent[],
): Promise<void> {
  await transaction
    .insertInto('manifests')
    .values({ object_id: objectId, blobs: JSON.stringify(extents) })
    .execute();
}

/** An object with its manifest, read in one statement: an overwrite cannot come between the two. */
export async function findObjectAndExtents(
  db: Queryable,
  bucket: string,
  key: string,
): Promise<{ object: Readonly<ObjectsTable>; extents: readonly Extent[] } | undefined> {
  const row = await db
    .selectFrom('objects')
    .innerJoin('manifests', 'manifests.object_id', 'objects.object_id')
    .selectAll('objects')
    .select('manifests.blobs')
    .where('bucket', '=', bucket)
    .where('object_key', '=', key)
    .executeTakeFirst();
  if (!row) return undefined;
  const { blobs, ...object } = row;
  return { object, extents: readBlobs(blobs) };
}

/** Removes a manifest and says which blobs it named. */
export async function takeManifest(transaction: DatabaseTransaction, objectId: string): Promise<readonly string[]> {
  const row = await transaction
    .selectFrom('manifests')
    .select('blobs')
    .where('object_id', '=', objectId)
    .executeTakeFirst();
  await transaction.deleteFrom('manifests').where('object_id', '=', objectId).execute();
  return readBlobs(row?.blobs ?? '[]').map(([blob]) => blob);
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
  return rows.map((row) => ({ objectId: row.object_id, blobs: readBlobs(row.blobs).map(([blob]) => blob) }));
}
