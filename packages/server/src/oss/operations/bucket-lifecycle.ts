import { type Answer, xmlAnswer } from '../answer.js';
import { deleteSetting, findSetting, putSetting } from '../catalog/buckets.js';
import type { DataPlane } from '../data-plane.js';
import { readRules } from '../lifecycle/find-rules.js';
import { lifecycleConfigurationXml, readLifecycleConfiguration } from '../lifecycle/lifecycle-configuration.js';
import { requireBucket } from '../no-such-bucket.js';
import type { BucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { xmlDocument } from '../xml.js';

/** Replaces all rules of the bucket; the next pass of the worker carries them out. Reference: oss 1.21. */
export async function putBucketLifecycle(plane: DataPlane, { bucket, body }: BucketCall): Promise<Answer> {
  const rules = readLifecycleConfiguration(await body.text());
  await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, bucket.bucket, bucket);
    await putSetting(transaction, bucket.bucket, 'lifecycle', JSON.stringify(rules));
  });
  return { status: 200, body: '' };
}

/** Reference: oss 1.21. @throws {OssError} `NoSuchLifecycle` */
export async function getBucketLifecycle(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  const value = await findSetting(plane.db, bucket.bucket, 'lifecycle');
  if (value === undefined) throw new OssError('NoSuchLifecycle', { extra: [['BucketName', bucket.bucket]] });
  return xmlAnswer(xmlDocument(lifecycleConfigurationXml(readRules(value))));
}

/** 204, whether there were rules or not. Reference: oss 1.21. */
export async function deleteBucketLifecycle(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  await plane.commits.commit((transaction) => deleteSetting(transaction, bucket.bucket, 'lifecycle'));
  return { status: 204 };
}
