import { grantElement, ownerElement } from '../acl.js';
import { type Answer, xmlAnswer } from '../answer.js';
import { bucketElements, locationOf } from '../bucket-elements.js';
import { storageOf } from '../bucket-storage.js';
import type { DataPlane } from '../data-plane.js';
import type { BucketCall } from '../operation.js';
import { element, xmlDocument } from '../xml.js';

/**
 * What a bucket never has here. OSS names it all the same, and SDKs (Python: `bucket_encryption_rule.sse_algorithm`) read it
 * without looking whether it is there.
 */
const NOT_HERE = [
  element('ServerSideEncryptionRule', [element('SSEAlgorithm', 'None')]),
  element('BucketPolicy', [element('LogBucket', ''), element('LogPrefix', '')]),
  element('AccessMonitor', 'Disabled'),
  element('TransferAcceleration', 'Disabled'),
  element('CrossRegionReplication', 'Disabled'),
  element('BlockPublicAccess', false),
];

/** Reference: oss 1.19. */
export async function getBucketInfo(plane: DataPlane, { bucket, host }: BucketCall): Promise<Answer> {
  const storage = await storageOf(plane.db, bucket);
  return xmlAnswer(
    xmlDocument(
      element('BucketInfo', [
        element('Bucket', [
          ...bucketElements(bucket, storage, host),
          element('DataRedundancyType', storage.redundancy),
          ownerElement(bucket.account_id),
          grantElement(bucket.acl),
          element('Comment', ''),
          ...NOT_HERE,
        ]),
      ]),
    ),
  );
}

/** In no reference; `getBucketMeta` of the SDK for PHP asks so. */
export const headBucket = async (_: DataPlane, { bucket }: BucketCall): Promise<Answer> => ({
  status: 200,
  headers: { 'x-oss-bucket-region': locationOf(bucket) },
});

/** Without a namespace: ali-oss would read an object in place of the text (reference oss 1.19). */
export const getBucketLocation = async (_: DataPlane, { bucket }: BucketCall): Promise<Answer> =>
  xmlAnswer(xmlDocument(element('LocationConstraint', locationOf(bucket))));
