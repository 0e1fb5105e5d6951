import type { DatabaseTransaction } from '../../db/schema.js';
import { discardBlobs } from './garbage.js';
import { releaseManifests } from './manifest.js';

/**
 * Removes objects of a bucket in a fixed number of statements; what is not there is passed over.
 * @param keys some hundred; databases bound the number of parameters
 * @returns the keys of those that were there
 */
export async function removeObjects(
  transaction: DatabaseTransaction,
  bucket: string,
  keys: readonly string[],
  now: number,
): Promise<readonly string[]> {
  const rows = await transaction
    .selectFrom('objects')
    .select(['object_key', 'manifest_id'])
    .where('bucket', '=', bucket)
    .where('object_key', 'in', keys)
    .execute();
  if (rows.length === 0) return [];
  const there = rows.map((row) => row.object_key);
  await transaction.deleteFrom('objects').where('bucket', '=', bucket).where('object_key', 'in', there).execute();
  const manifests = [...new Set(rows.map((row) => row.manifest_id))];
  await discardBlobs(transaction, await releaseManifests(transaction, manifests), now);
  return there;
}
