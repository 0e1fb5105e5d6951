import { aclAnswer, readBucketAcl, required } from '../acl.js';
import type { Answer } from '../answer.js';
import type { DataPlane } from '../data-plane.js';
import type { BucketCall, NewBucketCall } from '../operation.js';
import { createBucket } from './put-bucket.js';

/** Creates the bucket when there is none, which takes the permission for that. Reference: oss 1.19. */
export async function putBucketAcl(plane: DataPlane, call: NewBucketCall): Promise<Answer> {
  const acl = required(readBucketAcl(call.headers), 'x-oss-acl');
  if (!call.bucket) await call.authoriseInAccount({ action: 'oss:PutBucket', bucketName: call.bucketName });
  return createBucket(plane, call, { acl });
}

export const getBucketAcl = async (_: DataPlane, { bucket }: BucketCall): Promise<Answer> =>
  aclAnswer(bucket.account_id, bucket.acl);
