import { parsePolicy } from '@sluice/policy';
import { type Answer, xmlAnswer } from '../answer.js';
import { setBucketPolicy } from '../catalog/buckets.js';
import type { DataPlane } from '../data-plane.js';
import { requireBucket } from '../no-such-bucket.js';
import type { BucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { allowsEverybody, bucketPolicyRules, readBucketPolicy } from '../read-bucket-policy.js';
import { element, xmlDocument } from '../xml.js';

/** Replaces the policy of the bucket; the next request is judged by it. @throws {OssError} `InvalidPolicyDocument` */
export async function putBucketPolicy(plane: DataPlane, { bucket, body }: BucketCall): Promise<Answer> {
  const document = await body.text(bucketPolicyRules);
  readBucketPolicy(document, bucket);
  await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, bucket.bucket, bucket);
    await setBucketPolicy(transaction, bucket, document);
  });
  return { status: 200, body: '' };
}

/** The document as it was written. @throws {OssError} `NoSuchBucketPolicy` */
export async function getBucketPolicy(_: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  if (bucket.policy === null) {
    throw new OssError('NoSuchBucketPolicy', { ec: '0030-00000006', extra: [['BucketName', bucket.bucket]] });
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy };
}

/** 204, whether there was one or not. */
export async function deleteBucketPolicy(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  await plane.commits.commit((transaction) => setBucketPolicy(transaction, bucket, null));
  return { status: 204 };
}

/** Whether the policy lets everybody in; without one it does not. */
export async function getBucketPolicyStatus(_: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  const open = bucket.policy !== null && allowsEverybody(parsePolicy(bucket.policy, 'resource'));
  return xmlAnswer(xmlDocument(element('PolicyStatus', [element('IsPublic', open)])));
}
