import type { Queryable } from '../db/schema.js';
import type { NewBucket } from './catalog/buckets.js';
import { isBucketName } from './names.js';

/**
 * Creates a bucket unless there is one of that name; an existing one is left as it is.
 * @throws {TypeError} when the name breaks the rules (3 to 63 of `a-z 0-9 -`)
 */
export async function ensureBucket(db: Queryable, bucket: NewBucket): Promise<void> {
  if (!isBucketName(bucket.bucket)) throw new TypeError(`"${bucket.bucket}" is not a valid bucket name`);
  await db
    .insertInto('buckets')
    .values(bucket)
    .onConflict((conflict) => conflict.column('bucket').doNothing())
    .execute();
}
