import { type BucketAcl, readBucketAcl } from '../acl.js';
import type { Answer } from '../answer.js';
import { type BucketStorage, readBucketConfiguration } from '../bucket-storage.js';
import { type Bucket, bucketsOf, findBucket, insertBucket, putSetting, setBucketAcl } from '../catalog/buckets.js';
import type { DataPlane } from '../data-plane.js';
import type { NewBucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';

/**
 * Creates a bucket; the own one again is a success, and changes its ACL when one is given. Reference: oss 1.19.
 * @throws {OssError} `BucketAlreadyExists` when it is of another account, `TooManyBuckets`, `MalformedXML`, `InvalidArgument`
 */
export async function putBucket(plane: DataPlane, call: NewBucketCall): Promise<Answer> {
  const acl = readBucketAcl(call.headers);
  const storage = readBucketConfiguration(await call.body.text());
  if (call.bucket && acl !== undefined) await authoriseAclOf(call, call.bucket);
  return createBucket(plane, call, { acl, storage });
}

/** An ACL for a bucket that is there is a permission of its own; in a foreign bucket it is not asked for. */
async function authoriseAclOf({ principal, authorise }: NewBucketCall, bucket: Bucket): Promise<void> {
  const own = principal.kind !== 'anonymous' && principal.accountId === bucket.account_id;
  if (own) await authorise({ action: 'oss:PutBucketAcl', bucket });
}

/** Shared with PutBucketAcl, which creates a bucket as well. */
export async function createBucket(
  plane: DataPlane,
  { bucketName, principal }: NewBucketCall,
  { acl, storage }: { acl: BucketAcl | undefined; storage?: BucketStorage | undefined },
): Promise<Answer> {
  if (principal.kind === 'anonymous') throw new OssError('AccessDenied');
  const { accountId } = principal;
  await plane.commits.commit(async (transaction) => {
    const found = await findBucket(transaction, bucketName);
    if (found && found.account_id !== accountId) {
      throw new OssError('BucketAlreadyExists', { extra: [['BucketName', bucketName]] });
    }
    if (found) {
      if (acl !== undefined) await setBucketAcl(transaction, bucketName, acl);
      return;
    }
    if ((await bucketsOf(transaction, accountId)).length >= plane.limits.maxBuckets)
      throw new OssError('TooManyBuckets');
    await insertBucket(transaction, {
      bucket: bucketName,
      account_id: accountId,
      region: plane.region,
      acl: acl ?? 'private',
      created_at: plane.clock.now(),
    });
    if (storage) await putSetting(transaction, bucketName, 'storage', JSON.stringify(storage));
  });
  return { status: 200, headers: { location: `/${bucketName}` }, body: '' };
}
