import { crc64Combine, percentEncodePath } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { findParts, type PartRow } from '../catalog/parts.js';
import { findUpload, removeUpload } from '../catalog/uploads.js';
import { checkCrc64, readClaimedSums } from '../checksums.js';
import { type ListedPart, readCompleteRequest } from '../complete-request.js';
import type { DataPlane } from '../data-plane.js';
import { readEncodingType } from '../encoding-type.js';
import { multipartETag, quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument, notImplemented, OssError } from '../oss-error.js';
import { storeObject } from '../store-object.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { element, xmlDocument } from '../xml.js';

const EC = '0042-00000002';

/** Writes one record; no byte of a part is touched. Reference: oss 1.13. */
export async function completeMultipartUpload(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const uploadId = call.query.get('uploadId') ?? '';
  const upload = { ...call.name, uploadId };
  const encode = readEncodingType(call.query);
  const forbidOverwrite = forbidsOverwrite(call.headers);
  if (call.headers.has('x-oss-callback')) throw notImplemented('x-oss-callback');
  const claimed = readClaimedSums(call.headers);
  const listed = readList(call.headers.get('x-oss-complete-all'), await call.body.text());
  const modified = plane.clock.now();

  const object = await storeObject(plane, call, async (transaction) => {
    const row = await findUpload(transaction, upload);
    if (!row) throw noSuchUpload(uploadId, EC);
    const parts = choose(await findParts(transaction, uploadId), listed, plane.limits.minPartBytes);
    const crc64 = combinedCrc64(parts);
    checkCrc64(claimed, crc64);
    await removeUpload(transaction, uploadId, modified, new Set(parts.map((part) => part.blob)));
    return {
      row: {
        type: 'Multipart',
        size: parts.reduce((sum, part) => sum + part.size, 0),
        etag: multipartETag(parts.map((part) => part.etag)),
        crc64: crc64.toString(),
        headers: row.headers,
        last_modified: modified,
      },
      extents: parts.map((part) => [part.blob, part.size] as const),
      forbidOverwrite,
    };
  });
  const { bucket, key } = call.name;
  return {
    ...xmlAnswer(
      xmlDocument(
        element('CompleteMultipartUploadResult', [
          ...(encode ? [element('EncodingType', 'url')] : []),
          element('Location', call.location),
          element('Bucket', bucket),
          element('Key', encode ? percentEncodePath(key) : key),
          element('ETag', quoted(object.etag)),
        ]),
      ),
      { etag: quoted(object.etag), 'x-oss-hash-crc64ecma': object.crc64 },
    ),
    date: modified,
  };
}

/** The list of the body, or `'all'` for `x-oss-complete-all: yes`. */
function readList(completeAll: string | undefined, body: string): readonly ListedPart[] | 'all' {
  if (completeAll !== undefined && completeAll.toLowerCase() !== 'yes') {
    throw invalidArgument('x-oss-complete-all', completeAll);
  }
  const empty = body.trim() === '';
  if (completeAll === undefined) {
    if (empty) throw new OssError('MalformedXML', { ec: '0042-00000205' });
    return readCompleteRequest(body);
  }
  if (!empty) {
    throw invalidArgument('x-oss-complete-all', completeAll, 'The body must be empty.', '0042-00000216');
  }
  return 'all';
}

/** The stored parts that were listed, in order. Sizes are judged here, not when a part arrives (reference oss 1.11). */
function choose(
  stored: readonly PartRow[],
  listed: readonly ListedPart[] | 'all',
  minPartBytes: number,
): readonly PartRow[] {
  const byNumber = new Map(stored.map((part) => [part.part_number, part]));
  const parts = listed === 'all' ? stored : listed.map((wanted) => match(byNumber.get(wanted.number), wanted));
  if (parts.length === 0) throw new OssError('InvalidPart');
  for (const part of parts.slice(0, -1)) {
    if (part.size < minPartBytes) {
      throw new OssError('EntityTooSmall', {
        ec: '0042-00000213',
        extra: [
          ['ProposedSize', String(part.size)],
          ['MinSizeAllowed', String(minPartBytes)],
          ['PartNumber', String(part.part_number)],
          ['ETag', part.etag],
        ],
      });
    }
  }
  return parts;
}

function match(part: PartRow | undefined, wanted: ListedPart): PartRow {
  if (part?.etag === wanted.etag) return part;
  throw new OssError('InvalidPart', {
    extra: [
      ['PartNumber', String(wanted.number)],
      ['ETag', wanted.etag],
    ],
  });
}

function combinedCrc64(parts: readonly PartRow[]): bigint {
  return parts.reduce((crc, part) => crc64Combine(crc, BigInt(part.crc64), part.size), 0n);
}
