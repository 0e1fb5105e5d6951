import type { Answer } from '../answer.js';
import { isBucketUsed, deleteBucket as removeBucket } from '../catalog/buckets.js';
import type { DataPlane } from '../data-plane.js';
import { requireBucket } from '../no-such-bucket.js';
import type { BucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';

/**
 * Deletes an empty bucket with its settings. What is on its way into it is refused when it arrives. Reference: oss 1.19.
 * @throws {OssError} `BucketNotEmpty`, also for unfinished uploads; `OperationConflict` for a bucket this server needs
 */
export async function deleteBucket(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  const name = bucket.bucket;
  if (plane.keptBuckets.has(name)) {
    throw new OssError('OperationConflict', {
      message: 'Media are uploaded into this bucket, so it cannot be deleted.',
      extra: [['BucketName', name]],
    });
  }
  await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, name, bucket);
    if (await isBucketUsed(transaction, name)) {
      throw new OssError('BucketNotEmpty', { extra: [['BucketName', name]] });
    }
    await removeBucket(transaction, name);
  });
  return { status: 204 };
}
