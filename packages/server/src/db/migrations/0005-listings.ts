import type { Kysely } from 'kysely';

/** ListMultipartUploads goes by key, then by upload id, and no page of it may have to sort all uploads of a key. */
export async function listings(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('uploads_by_name').on('uploads').columns(['bucket', 'object_key', 'upload_id']).execute();
  await db.schema.dropIndex('uploads_by_object').execute();
}
