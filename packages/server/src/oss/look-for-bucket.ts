import type { Queryable } from '../db/schema.js';
import type { Address } from './addressing.js';
import { findBucket } from './catalog/buckets.js';
import { isBucketName } from './names.js';
import { noSuchBucket } from './no-such-bucket.js';
import { OssError } from './oss-error.js';

/**
 * OSS looks for the bucket before the access key: SDKs that ask whether a bucket is there take every refusal but
 * `NoSuchBucket` for a yes. The anonymous are told no less.
 * @param refusal of a request that could not be authenticated
 * @returns what is to be thrown
 */
export async function lookForBucket(
  db: Queryable,
  refusal: unknown,
  method: string,
  addresses: readonly Address[],
): Promise<unknown> {
  if (!(refusal instanceof OssError) || refusal.code !== 'InvalidAccessKeyId') return refusal;
  const [first] = addresses;
  if (first?.bucket === undefined || (method === 'PUT' && first.key === undefined)) return refusal;
  for (const { bucket } of addresses) {
    if (bucket === undefined || !isBucketName(bucket) || (await findBucket(db, bucket))) return refusal;
  }
  return noSuchBucket(first.bucket);
}
