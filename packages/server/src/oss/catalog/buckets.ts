import type { BucketsTable, Queryable } from '../../db/schema.js';

export type Bucket = Readonly<BucketsTable>;

export async function findBucket(db: Queryable, bucket: string): Promise<Bucket | undefined> {
  return db.selectFrom('buckets').selectAll().where('bucket', '=', bucket).executeTakeFirst();
}
