import { percentEncodePath } from '@sluice/wire';
import { readObjectAcl } from './acl.js';
import type { Address } from './addressing.js';
import type { Answer } from './answer.js';
import { authoriseOpening } from './authorise-call.js';
import { withCallback } from './callback/call-back.js';
import { type Bucket, findBucket } from './catalog/buckets.js';
import type { DataPlane } from './data-plane.js';
import { isBucketName, isObjectKey } from './names.js';
import { noSuchBucket } from './no-such-bucket.js';
import type { Call, ObjectCall, Operation } from './operation.js';
import { OssError } from './oss-error.js';

export interface Addressed extends Call {
  readonly address: Address;
  /** Permission for what belongs to no bucket yet. @throws {OssError} `AccessDenied` */
  authoriseInAccount(question: { action: string; bucketName?: string }): Promise<void>;
}

/**
 * Checks the names, finds the bucket, asks for the permission of the table's row, and runs.
 * @throws {OssError} `InvalidBucketName`, `InvalidObjectName`, `NoSuchBucket`, `AccessDenied`, and what the operation throws
 */
export async function runOperation(plane: DataPlane, operation: Operation, call: Addressed): Promise<Answer> {
  const { action } = operation;
  if (operation.on === 'service') {
    if (action !== undefined) await call.authoriseInAccount({ action });
    return operation.run(plane, call);
  }
  const { bucket: bucketName = '', key = '', prefix } = call.address;
  if (!isBucketName(bucketName)) throw new OssError('InvalidBucketName', { extra: [['BucketName', bucketName]] });
  if (operation.on === 'object' && !isObjectKey(key)) {
    throw new OssError('InvalidObjectName', { extra: [['ObjectName', key]] });
  }
  const bucket = await findBucket(plane.db, bucketName);
  if (operation.on === 'new-bucket') {
    if (action !== undefined) await authoriseNewBucket(call, { action, bucketName, bucket });
    return operation.run(plane, { ...call, bucketName, bucket });
  }
  if (!bucket) throw noSuchBucket(bucketName);
  const publicRead = operation.publicRead === undefined ? {} : { publicRead: operation.publicRead };
  const locate = (of: string) => `${call.secure ? 'https' : 'http'}://${call.host}${prefix}/${percentEncodePath(of)}`;
  if (operation.on === 'bucket') {
    if (action !== undefined) await call.authorise({ action, bucket, ...publicRead });
    return operation.run(plane, { ...call, bucket, locate });
  }
  const grounds = action === undefined ? undefined : await call.authorise({ action, bucket, key, ...publicRead });
  const writes = operation.method === 'PUT' || operation.method === 'POST';
  if (writes && action !== 'oss:PutObjectAcl')
    await authoriseOpening(call, { bucket, key }, readObjectAcl(call.headers));
  const objectCall: ObjectCall = {
    ...call,
    bucket,
    locate,
    grounds,
    name: { bucket: bucketName, key },
    anonymous: call.principal.kind === 'anonymous',
    location: locate(key),
  };
  if (operation.callsBack === undefined) return operation.run(plane, objectCall);
  return withCallback(plane, objectCall, operation.name, () => operation.run(plane, objectCall));
}

/** A bucket of another account is not asked about: the operation says that the name is taken. */
async function authoriseNewBucket(
  { principal, authorise, authoriseInAccount }: Addressed,
  { action, bucketName, bucket }: { action: string; bucketName: string; bucket: Bucket | undefined },
): Promise<void> {
  const own = bucket !== undefined && principal.kind !== 'anonymous' && principal.accountId === bucket.account_id;
  if (own) await authorise({ action, bucket });
  else await authoriseInAccount({ action, bucketName });
}
