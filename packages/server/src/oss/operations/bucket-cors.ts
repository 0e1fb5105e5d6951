import { type Answer, xmlAnswer } from '../answer.js';
import { deleteSetting, findSetting, putSetting } from '../catalog/buckets.js';
import { type BucketCors, corsConfigurationXml, readCorsConfiguration } from '../cors-configuration.js';
import type { DataPlane } from '../data-plane.js';
import { requireBucket } from '../no-such-bucket.js';
import type { BucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { xmlDocument } from '../xml.js';

/** Replaces all rules of the bucket. Reference: oss 1.20. */
export async function putBucketCors(plane: DataPlane, { bucket, body }: BucketCall): Promise<Answer> {
  const cors = readCorsConfiguration(await body.text());
  await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, bucket.bucket, bucket);
    await putSetting(transaction, bucket.bucket, 'cors', JSON.stringify(cors));
  });
  return { status: 200, body: '' };
}

/** Reference: oss 1.20. @throws {OssError} `NoSuchCORSConfiguration` */
export async function getBucketCors(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  const value = await findSetting(plane.db, bucket.bucket, 'cors');
  if (value === undefined) {
    throw new OssError('NoSuchCORSConfiguration', { extra: [['BucketName', bucket.bucket]] });
  }
  return xmlAnswer(xmlDocument(corsConfigurationXml(JSON.parse(value) as BucketCors)));
}

/** 204, whether there were rules or not. Reference: oss 1.20. */
export async function deleteBucketCors(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  await plane.commits.commit((transaction) => deleteSetting(transaction, bucket.bucket, 'cors'));
  return { status: 204 };
}
