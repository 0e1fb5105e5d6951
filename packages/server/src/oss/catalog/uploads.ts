import type { DatabaseTransaction, Queryable, UploadsTable } from '../../db/schema.js';
import { discardBlobs } from './garbage.js';
import type { ObjectName } from './objects.js';

export type UploadRow = Readonly<UploadsTable>;

export interface UploadName extends ObjectName {
  readonly uploadId: string;
}

const UPLOAD_ID = /^[0-9A-F]{32}$/;

/** An upload id belongs to one object: under another name it does not exist. */
export async function findUpload(db: Queryable, name: UploadName): Promise<UploadRow | undefined> {
  // SQLite ends a text parameter at NUL, so only text of the right form is looked up.
  if (!UPLOAD_ID.test(name.uploadId)) return undefined;
  return db
    .selectFrom('uploads')
    .selectAll()
    .where('upload_id', '=', name.uploadId)
    .where('bucket', '=', name.bucket)
    .where('object_key', '=', name.key)
    .executeTakeFirst();
}

export async function insertUpload(transaction: DatabaseTransaction, row: UploadRow): Promise<void> {
  await transaction.insertInto('uploads').values(row).execute();
}

/** Ends an upload: its rows go, and the blobs of its parts become garbage. */
export async function removeUpload(transaction: DatabaseTransaction, uploadId: string, now: number): Promise<void> {
  const parts = await transaction.selectFrom('parts').select('blob').where('upload_id', '=', uploadId).execute();
  await endUpload(
    transaction,
    uploadId,
    parts.map((part) => part.blob),
    now,
  );
}

/** As {@link removeUpload}, for whoever has read the parts in this transaction and knows which blobs nothing names now. */
export async function endUpload(
  transaction: DatabaseTransaction,
  uploadId: string,
  unused: readonly string[],
  now: number,
): Promise<void> {
  await transaction.deleteFrom('parts').where('upload_id', '=', uploadId).execute();
  await transaction.deleteFrom('uploads').where('upload_id', '=', uploadId).execute();
  await discardBlobs(transaction, unused, now);
}

/** Ends every open upload of an object. */
export async function removeUploadsOf(transaction: DatabaseTransaction, name: ObjectName, now: number): Promise<void> {
  const uploads = await transaction
    .selectFrom('uploads')
    .select('upload_id')
    .where('bucket', '=', name.bucket)
    .where('object_key', '=', name.key)
    .execute();
  for (const { upload_id } of uploads) await removeUpload(transaction, upload_id, now);
}

/** Some uploads that sessions began, in the order of their ids. */
export async function pageOfUploadsBySessions(
  db: Queryable,
  after: string,
  limit: number,
): Promise<readonly Pick<UploadRow, 'upload_id' | 'bucket' | 'object_key' | 'origin'>[]> {
  return db
    .selectFrom('uploads')
    .select(['upload_id', 'bucket', 'object_key', 'origin'])
    .where('upload_id', '>', after)
    .where('origin', '!=', '')
    .orderBy('upload_id')
    .limit(limit)
    .execute();
}

export type UploadPlace = Pick<UploadRow, 'upload_id' | 'bucket' | 'object_key' | 'initiated_at'>;

/** Open uploads of all buckets in the order of their ids, after `after`. */
export async function pageOfUploads(
  db: Queryable,
  after: UploadPlace | undefined,
  limit: number,
): Promise<readonly UploadPlace[]> {
  return db
    .selectFrom('uploads')
    .select(['upload_id', 'bucket', 'object_key', 'initiated_at'])
    .where('upload_id', '>', after?.upload_id ?? '')
    .orderBy('upload_id')
    .limit(limit)
    .execute();
}
