import { formatIsoMillis } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { type ListedUpload, type UploadPlace, uploadIndex } from '../catalog/list-uploads.js';
import { storageClassOf } from '../catalog/stored-headers.js';
import type { DataPlane } from '../data-plane.js';
import { readListArguments, readListNumber, readListText } from '../list-arguments.js';
import type { BucketCall } from '../operation.js';
import { rollUp, startOf } from '../roll-up.js';
import { element, xmlDocument } from '../xml.js';

const UPLOADS = { fallback: 1000, least: 1, most: 1000 };

/** By key, then by upload id; `upload-id-marker` counts only beside `key-marker`. Reference: oss 1.16. */
export async function listMultipartUploads(plane: DataPlane, { query, bucket }: BucketCall): Promise<Answer> {
  const asked = readListArguments(query);
  const { keyElement, encodingType, prefix, delimiter } = asked;
  const max = readListNumber(query, 'max-uploads', UPLOADS);
  const keyMarker = readListText(query, 'key-marker');
  const idMarker = readListText(query, 'upload-id-marker');
  const index = uploadIndex(plane.db, bucket.bucket, prefix);
  const behindMarker: UploadPlace = { key: keyMarker, ids: idMarker === '' ? 'none' : { above: idMarker } };
  const { entries, truncated } = await rollUp(
    index,
    asked,
    startOf(asked, keyMarker, { at: index.at, behindMarker }),
    max,
  );
  const last = entries.at(-1);
  const [nextKey, nextId] = typeof last === 'object' ? [last.object_key, last.upload_id] : [last ?? '', ''];
  const uploads = entries.filter((entry) => typeof entry === 'object');
  const prefixes = entries.filter((entry) => typeof entry === 'string');
  return xmlAnswer(
    xmlDocument(
      element('ListMultipartUploadsResult', [
        ...encodingType,
        element('Bucket', bucket.bucket),
        keyElement('KeyMarker', keyMarker),
        element('UploadIdMarker', idMarker),
        // As OSS does, also when there is no more.
        keyElement('NextKeyMarker', nextKey),
        element('NextUploadIdMarker', nextId),
        keyElement('Delimiter', delimiter),
        keyElement('Prefix', prefix),
        element('MaxUploads', max),
        element('IsTruncated', truncated),
        ...uploads.map((upload) => uploadElement(upload, keyElement)),
        ...prefixes.map((common) => element('CommonPrefixes', [keyElement('Prefix', common)])),
      ]),
    ),
  );
}

function uploadElement(upload: ListedUpload, keyElement: (name: string, text: string) => string): string {
  return element('Upload', [
    keyElement('Key', upload.object_key),
    element('UploadId', upload.upload_id),
    element('StorageClass', storageClassOf(upload.headers)),
    element('Initiated', formatIsoMillis(Math.floor(upload.initiated_at / 1000) * 1000)),
  ]);
}
