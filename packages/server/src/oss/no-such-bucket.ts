import type { DatabaseTransaction } from '../db/schema.js';
import { type Bucket, findBucket } from './catalog/buckets.js';
import { OssError } from './oss-error.js';

export const noSuchBucket = (bucket: string): OssError =>
  new OssError('NoSuchBucket', { extra: [['BucketName', bucket]], ec: '0015-00000101' });

/**
 * To be asked in every transaction that puts something into a bucket: while a body was on its way the bucket may have been
 * deleted, and made anew by somebody else.
 * @param seen the bucket as permission was asked for; absent: any of that name will do
 * @throws {OssError} `NoSuchBucket`
 */
export async function requireBucket(transaction: DatabaseTransaction, name: string, seen?: Bucket): Promise<void> {
  const bucket = await findBucket(transaction, name);
  if (!bucket || (seen && bucket.account_id !== seen.account_id)) throw noSuchBucket(name);
}
