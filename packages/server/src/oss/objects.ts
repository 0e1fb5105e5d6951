/** What other rooms may do with objects, inside transactions of their own. */
import type { DatabaseTransaction } from '../db/schema.js';
import { type ObjectName, removeObject } from './catalog/objects.js';
import { removeUploadsOf } from './catalog/uploads.js';

/**
 * Deletes an object and ends its open uploads. Space is given back after the commit: wake the data plane then
 * (`OssHandler.wake`).
 */
export async function deleteObject(transaction: DatabaseTransaction, name: ObjectName, now: number): Promise<void> {
  await removeUploadsOf(transaction, name, now);
  await removeObject(transaction, name, now);
}
