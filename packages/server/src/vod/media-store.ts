import type { ExpressionBuilder } from 'kysely';
import type { Database, DatabaseTransaction, MediaTable, Queryable, Schema } from '../db/schema.js';
import { transact } from '../db/transact.js';
import type { Clock } from '../runtime.js';
import { vodErrors } from './errors.js';

export interface MediaOwner {
  readonly accountId: string;
  readonly owner: string;
}

/** Where a page ended. */
export type PagePlace = Pick<MediaTable, 'created_at' | 'media_id'>;

export interface UploadingVideo extends PagePlace {
  readonly upload_id: string | null;
}

/** What was said of a media, and may be said anew. */
export type MediaDescription = Pick<
  MediaTable,
  'title' | 'description' | 'tags' | 'cate_id' | 'cover_url' | 'user_data'
>;

/** A row before it is stored. */
export type NewMedia = Omit<MediaTable, 'created_at' | 'modified_at'>;

/** Media as rows. */
export interface MediaStore {
  find(mediaId: string): Promise<MediaTable | undefined>;
  findByReference(accountId: string, referenceId: string): Promise<MediaTable | undefined>;
  findByObject(db: Queryable, bucket: string, key: string): Promise<MediaTable | undefined>;
  withStatus(status: MediaTable['status']): Promise<MediaTable[]>;
  /**
   * @param db a transaction that it is to be part of; default: one of its own, and of the record of the call
   * @throws RpcError when another media of the account has the reference id
   */
  create(media: NewMedia, db?: DatabaseTransaction): Promise<MediaTable>;
  /** The newest finished video of the account whose file has this size and CRC64 (decimal). */
  findByContent(accountId: string, content: { size: number; crc64: string }): Promise<MediaTable | undefined>;
  /**
   * Videos of the owner that are being uploaded, newest first, after `after`; each with its newest open multipart upload, or
   * null.
   */
  pageOfUploading(by: MediaOwner, after: PagePlace | undefined, limit: number): Promise<readonly UploadingVideo[]>;
  /** A change of what is known of the stored file. */
  update(db: Queryable, mediaId: string, change: Partial<Pick<MediaTable, 'status' | 'size'>>): Promise<void>;
  describe(mediaId: string, change: Partial<MediaDescription>): Promise<void>;
  /** UploadSucc → Normal for the media of this object, if there is one; any other status stays. */
  finish(bucket: string, key: string): Promise<void>;
  /** The file is gone, and the media with it; but one that is being uploaded anew is Uploading again. */
  fileGone(db: Queryable, mediaId: string): Promise<void>;
  /** Uploading → UploadFail, unless another upload of its file is open; any other status stays. */
  fail(db: Queryable, mediaId: string): Promise<void>;
  /** UploadFail → Uploading; any other status stays. */
  reopen(mediaId: string): Promise<void>;
  delete(db: Queryable, mediaId: string): Promise<void>;
}

export function mediaStore(db: Database, clock: Clock): MediaStore {
  const noOpenUpload = (e: ExpressionBuilder<Schema, 'media'>) =>
    e.not(
      e.exists(
        e
          .selectFrom('uploads')
          .select('upload_id')
          .whereRef('uploads.bucket', '=', 'media.bucket')
          .whereRef('uploads.object_key', '=', 'media.object_key'),
      ),
    );
  const all = (queryable: Queryable) => queryable.selectFrom('media').selectAll();
  return {
    find: (mediaId) => all(db).where('media_id', '=', mediaId).executeTakeFirst(),
    findByReference: (accountId, referenceId) =>
      all(db).where('account_id', '=', accountId).where('reference_id', '=', referenceId).executeTakeFirst(),
    findByObject: (queryable, bucket, key) =>
      all(queryable).where('bucket', '=', bucket).where('object_key', '=', key).executeTakeFirst(),
    withStatus: (status) => all(db).where('status', '=', status).execute(),
    findByContent: (accountId, { size, crc64 }) =>
      db
        .selectFrom('objects')
        .innerJoin('media', (join) =>
          join.onRef('media.bucket', '=', 'objects.bucket').onRef('media.object_key', '=', 'objects.object_key'),
        )
        .selectAll('media')
        .where('objects.size', '=', size)
        .where('objects.crc64', '=', crc64)
        .where('media.account_id', '=', accountId)
        .where('media.kind', '=', 'video')
        .where('media.status', 'in', ['UploadSucc', 'Normal'])
        .orderBy('objects.last_modified', 'desc')
        .limit(1)
        .executeTakeFirst(),
    pageOfUploading: ({ accountId, owner }, after, limit) =>
      db
        .selectFrom('media')
        .select(['media_id', 'created_at'])
        .select((e) =>
          e
            .selectFrom('uploads')
            .select('upload_id')
            .whereRef('uploads.bucket', '=', 'media.bucket')
            .whereRef('uploads.object_key', '=', 'media.object_key')
            .orderBy('initiated_at', 'desc')
            .orderBy('upload_id', 'desc')
            .limit(1)
            .as('upload_id'),
        )
        .where('account_id', '=', accountId)
        .where('owner', '=', owner)
        .where('status', '=', 'Uploading')
        .where('kind', '=', 'video')
        .$if(after !== undefined, (query) =>
          query.where((e) =>
            e(e.refTuple('created_at', 'media_id'), '<', e.tuple(after?.created_at ?? 0, after?.media_id ?? '')),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('media_id', 'desc')
        .limit(limit)
        .execute(),
    async create(media, given) {
      const now = clock.now();
      const row: MediaTable = { ...media, created_at: now, modified_at: now };
      const insert = async (transaction: DatabaseTransaction): Promise<MediaTable> => {
        // Asked of the table and not beforehand: two calls with one reference id may come at the same time.
        const result = await transaction
          .insertInto('media')
          .values(row)
          .onConflict((conflict) => conflict.columns(['account_id', 'reference_id']).doNothing())
          .executeTakeFirst();
        if (result.numInsertedOrUpdatedRows === 0n) throw vodErrors.referenceTaken();
        return row;
      };
      return given ? insert(given) : transact(db, insert);
    },
    async update(queryable, mediaId, change) {
      await queryable
        .updateTable('media')
        .set({ ...change, modified_at: clock.now() })
        .where('media_id', '=', mediaId)
        .execute();
    },
    async describe(mediaId, change) {
      await transact(db, (transaction) =>
        transaction
          .updateTable('media')
          .set({ ...change, modified_at: clock.now() })
          .where('media_id', '=', mediaId)
          .execute(),
      );
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
    async fileGone(queryable, mediaId) {
      await queryable.deleteFrom('media').where('media_id', '=', mediaId).where(noOpenUpload).execute();
      await this.update(queryable, mediaId, { status: 'Uploading' });
    },
    async fail(queryable, mediaId) {
      await queryable
        .updateTable('media')
        .set({ status: 'UploadFail', modified_at: clock.now() })
        .where('media_id', '=', mediaId)
        .where('status', '=', 'Uploading')
        .where(noOpenUpload)
        .execute();
    },
    async reopen(mediaId) {
      await transact(db, (transaction) =>
        transaction
          .updateTable('media')
          .set({ status: 'Uploading', modified_at: clock.now() })
          .where('media_id', '=', mediaId)
          .where('status', '=', 'UploadFail')
          .execute(),
      );
    },
    async delete(queryable, mediaId) {
      await queryable.deleteFrom('media').where('media_id', '=', mediaId).execute();
    },
  };
}
