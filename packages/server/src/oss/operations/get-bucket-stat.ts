import { type Answer, xmlAnswer } from '../answer.js';
import { bucketTotals } from '../catalog/bucket-totals.js';
import type { DataPlane } from '../data-plane.js';
import type { BucketCall } from '../operation.js';
import { element, xmlDocument } from '../xml.js';

/** Everything is stored in one way; clients take a number that is not there for none at all, not for zero. */
const OTHER_CLASSES = ['InfrequentAccess', 'Archive', 'ColdArchive', 'DeepColdArchive'].flatMap((name) => [
  element(`${name}Storage`, 0),
  element(`${name}RealStorage`, 0),
  element(`${name}ObjectCount`, 0),
]);

/** What the bucket holds now; counted when asked, so large buckets take their time. Reference: oss 2.1 (`stat`). */
export async function getBucketStat(plane: DataPlane, { bucket }: BucketCall): Promise<Answer> {
  const { objects, bytes, uploads, modified } = await bucketTotals(plane.db, bucket.bucket);
  return xmlAnswer(
    xmlDocument(
      element('BucketStat', [
        element('Storage', bytes),
        element('ObjectCount', objects),
        element('MultipartUploadCount', uploads),
        element('LiveChannelCount', 0),
        element('LastModifiedTime', Math.floor(modified / 1000)),
        element('StandardStorage', bytes),
        element('StandardObjectCount', objects),
        ...OTHER_CLASSES,
        element('DeleteMarkerCount', 0),
      ]),
    ),
  );
}
