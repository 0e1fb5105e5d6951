import { formatIsoMillis, percentEncodePath } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { type PartRow, pageOfParts } from '../catalog/parts.js';
import { findUpload } from '../catalog/uploads.js';
import type { DataPlane } from '../data-plane.js';
import { readEncodingType } from '../encoding-type.js';
import { quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument } from '../oss-error.js';
import { element, xmlDocument } from '../xml.js';

const MAX_PAGE = 1000;

/** Reference: oss 1.15. */
export async function listParts(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { query, name } = call;
  const uploadId = query.get('uploadId') ?? '';
  const encode = readEncodingType(query);
  const maxParts = readNumber(query, 'max-parts', MAX_PAGE, 1, MAX_PAGE);
  const marker = readNumber(query, 'part-number-marker', 0, 0, 2 ** 31 - 1);
  if (!(await findUpload(plane.db, { ...name, uploadId }))) throw noSuchUpload(uploadId, '0042-00000002');
  const found = await pageOfParts(plane.db, uploadId, marker, maxParts + 1);
  const page = found.slice(0, maxParts);
  return xmlAnswer(
    xmlDocument(
      element('ListPartsResult', [
        ...(encode ? [element('EncodingType', 'url')] : []),
        element('Bucket', name.bucket),
        element('Key', encode ? percentEncodePath(name.key) : name.key),
        element('UploadId', uploadId),
        element('StorageClass', 'Standard'),
        element('PartNumberMarker', marker),
        element('NextPartNumberMarker', page.at(-1)?.part_number ?? marker),
        element('MaxParts', maxParts),
        element('IsTruncated', found.length > page.length),
        ...page.map(partElement),
      ]),
    ),
  );
}

function partElement(part: PartRow): string {
  return element('Part', [
    element('PartNumber', part.part_number),
    element('LastModified', formatIsoMillis(Math.floor(part.uploaded_at / 1000) * 1000)),
    element('ETag', quoted(part.etag)),
    element('HashCrc64ecma', part.crc64),
    element('Size', part.size),
  ]);
}

function readNumber(
  query: ReadonlyMap<string, string>,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const text = query.get(name);
  if (text === undefined || text === '') return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw invalidArgument(name, text);
  return value;
}
