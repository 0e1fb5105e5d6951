/** What other rooms may do with objects, inside transactions of their own. */
import type { DatabaseTransaction, Queryable } from '../db/schema.js';
import { type ObjectName, removeObject } from './catalog/objects.js';
import { sizeOfParts } from './catalog/parts.js';
import { removeUploadsOf } from './catalog/uploads.js';

/**
 * Deletes an object and ends its open uploads. Space is given back after the commit: wake the data plane then
 * (`OssHandler.wake`).
 */
export async function deleteObject(transaction: DatabaseTransaction, name: ObjectName, now: number): Promise<void> {
  await removeUploadsOf(transaction, name, now);
  await removeObject(transaction, name, now);
}

/** Bytes of the parts that an open multipart upload holds; 0 when there is no such upload. */
export const storedBytes = (db: Queryable, uploadId: string): Promise<number> => sizeOfParts(db, uploadId);
