import type { Database, MediaTable, Queryable } from '../db/schema.js';
import type { Clock } from '../runtime.js';

/** Media as rows. */
export interface MediaStore {
  find(mediaId: string): Promise<MediaTable | undefined>;
  findByReference(accountId: string, referenceId: string): Promise<MediaTable | undefined>;
  findByObject(db: Queryable, bucket: string, key: string): Promise<MediaTable | undefined>;
  withStatus(status: MediaTable['status']): Promise<MediaTable[]>;
  /** `undefined` when another media of the account has the reference id. */
  create(media: Omit<MediaTable, 'created_at' | 'modified_at'>): Promise<MediaTable | undefined>;
  /** A change of what is known of the stored file. */
  update(db: Queryable, mediaId: string, change: Partial<Pick<MediaTable, 'status' | 'size'>>): Promise<void>;
  /** UploadSucc → Normal for the media of this object, if there is one; any other status stays. */
  finish(bucket: string, key: string): Promise<void>;
  delete(db: Queryable, mediaId: string): Promise<void>;
}

export function mediaStore(db: Database, clock: Clock): MediaStore {
  const all = (queryable: Queryable) => queryable.selectFrom('media').selectAll();
  return {
    find: (mediaId) => all(db).where('media_id', '=', mediaId).executeTakeFirst(),
    findByReference: (accountId, referenceId) =>
      all(db).where('account_id', '=', accountId).where('reference_id', '=', referenceId).executeTakeFirst(),
    findByObject: (queryable, bucket, key) =>
      all(queryable).where('bucket', '=', bucket).where('object_key', '=', key).executeTakeFirst(),
    withStatus: (status) => all(db).where('status', '=', status).execute(),
    async create(media) {
      const now = clock.now();
      const row: MediaTable = { ...media, created_at: now, modified_at: now };
      // Asked of the table and not beforehand: two calls with one reference id may come at the same time.
      const result = await db
        .insertInto('media')
        .values(row)
        .onConflict((conflict) => conflict.columns(['account_id', 'reference_id']).doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 0n ? undefined : row;
    },
    async update(queryable, mediaId, change) {
      await queryable
        .updateTable('media')
        .set({ ...change, modified_at: clock.now() })
        .where('media_id', '=', mediaId)
        .execute();
    },
    async finish(bucket, key) {
      await db
        .updateTable('media')
        .set({ status: 'Normal', modified_at: clock.now() })
        .where('bucket', '=', bucket)
        .where('object_key', '=', key)
        .where('status', '=', 'UploadSucc')
        .execute();
    },
    async delete(queryable, mediaId) {
      await queryable.deleteFrom('media').where('media_id', '=', mediaId).execute();
    },
  };
}
