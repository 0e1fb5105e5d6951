import { formatIsoMillis, percentEncode } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { type PartRow, pageOfParts } from '../catalog/parts.js';
import { CLIENT_ENCRYPTION, readHeaders, storageClassOf } from '../catalog/stored-headers.js';
import { findUpload } from '../catalog/uploads.js';
import type { DataPlane } from '../data-plane.js';
import { readEncodingType } from '../encoding-type.js';
import { quoted } from '../etag.js';
import { readListNumber } from '../list-arguments.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { element, xmlDocument } from '../xml.js';

const PAGE = { fallback: 1000, least: 1, most: 1000 };
const MARKER = { fallback: 0, least: 0, most: 2 ** 31 - 1 };

/** Reference: oss 1.15. */
export async function listParts(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { query, name } = call;
  const uploadId = query.get('uploadId') ?? '';
  const encode = readEncodingType(query);
  const maxParts = readListNumber(query, 'max-parts', PAGE);
  const marker = readListNumber(query, 'part-number-marker', MARKER);
  const upload = await findUpload(plane.db, { ...name, uploadId });
  if (!upload) throw noSuchUpload(uploadId, '0042-00000002');
  const found = await pageOfParts(plane.db, uploadId, marker, maxParts + 1);
  const page = found.slice(0, maxParts);
  return xmlAnswer(
    xmlDocument(
      element('ListPartsResult', [
        ...(encode ? [element('EncodingType', 'url')] : []),
        element('Bucket', name.bucket),
        element('Key', encode ? percentEncode(name.key) : name.key),
        element('UploadId', uploadId),
        element('StorageClass', storageClassOf(upload.headers)),
        element('PartNumberMarker', marker),
        element('NextPartNumberMarker', page.at(-1)?.part_number ?? marker),
        element('MaxParts', maxParts),
        element('IsTruncated', found.length > page.length),
        ...clientEncryption(upload.headers),
        ...page.map(partElement),
      ]),
    ),
  );
}

const ENCRYPTION = {
  ClientEncryptionKey: 'key',
  ClientEncryptionStart: 'start',
  ClientEncryptionCekAlg: 'cek-alg',
  ClientEncryptionWrapAlg: 'wrap-alg',
  ClientEncryptionDataSize: 'data-size',
  ClientEncryptionPartSize: 'part-size',
};

/** How the client encrypts, as it told Initiate: SDKs that go on with the upload on another machine read it here. */
function clientEncryption(column: string): readonly string[] {
  const headers = new Map(readHeaders(column));
  return Object.entries(ENCRYPTION).flatMap(([name, header]) => {
    const value = headers.get(`${CLIENT_ENCRYPTION}${header}`);
    return value === undefined ? [] : [element(name, value)];
  });
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
