import { formatIsoMillis } from '@sluice/wire';
import { type Answer, xmlAnswer } from '../answer.js';
import { findUpload } from '../catalog/uploads.js';
import { checkSource, findCopySource, refuseAppendable } from '../copy-source.js';
import type { DataPlane } from '../data-plane.js';
import type { BodySums } from '../engine/engine.js';
import { quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import { recordedCrc64, storeStretch } from '../object-bytes.js';
import { validators } from '../object-headers.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { readPartNumber } from '../part-number.js';
import { selectRange } from '../range.js';
import { openObject } from '../read-object.js';
import { PART_EC, recordPart } from '../record-part.js';
import { element, xmlDocument } from '../xml.js';

const RANGE = 'x-oss-copy-source-range';

/**
 * A part made of a stretch of an object. Its bytes are read and written, because its ETag is their MD5; the source may be
 * overwritten or deleted meanwhile. A client that leaves ends the copy. Reference: oss 1.12.
 */
export async function uploadPartCopy(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { headers, query } = call;
  const uploadId = query.get('uploadId') ?? '';
  const partNumber = readPartNumber(query.get('partNumber') ?? '');
  const encryption = headers.get('x-oss-server-side-encryption');
  if (encryption !== undefined) throw invalidArgument('x-oss-server-side-encryption', encryption);
  const source = await findCopySource(plane, call);
  const upload = { ...call.name, uploadId };
  if (!(await findUpload(plane.db, upload))) throw noSuchUpload(uploadId, PART_EC);

  const { object, extents, damaged, release } = await openObject(plane, source.name);
  try {
    refuseAppendable(object);
    if (checkSource(source, headers, object) === 'not-modified') {
      return { status: 304, headers: validators(object) };
    }
    // Not `standard`: a range that cannot be had to the letter copies the whole, and is not confirmed.
    const selected = selectRange(headers.get(RANGE), object.size, false);
    const whole = typeof selected === 'string';
    const range = whole ? { start: 0, end: object.size - 1 } : selected;
    const size = range.end - range.start + 1;
    if (size > plane.limits.maxBodyBytes) {
      throw invalidArgument(RANGE, headers.get(RANGE) ?? '', 'A part is at most 5 GB. Copy a range of the source.');
    }
    const recorded = whole ? BigInt(object.crc64) : recordedCrc64(extents, range);
    const stored = await storeStretch(
      plane.engine,
      { extents, range: size > 0 ? range : undefined, damaged },
      {
        signal: call.gone(),
        ...(recorded === undefined ? {} : { verify: (sums) => checkBytes(object, recorded, sums) }),
      },
    );
    const part = await recordPart(plane, upload, partNumber, stored);
    return xmlAnswer(
      xmlDocument(
        element('CopyPartResult', [
          element('LastModified', formatIsoMillis(Math.floor(part.uploaded_at / 1000) * 1000)),
          element('ETag', quoted(part.etag)),
        ]),
      ),
      {
        etag: quoted(part.etag),
        'x-oss-hash-crc64ecma': part.crc64,
        ...(whole ? {} : { 'content-range': `bytes ${range.start}-${range.end}/${object.size}` }),
      },
    );
  } finally {
    release();
  }
}

/** What was read is what was once stored. */
function checkBytes(
  { bucket, object_key: key }: { bucket: string; object_key: string },
  crc64: bigint,
  sums: BodySums,
): void {
  if (sums.crc64 === crc64) return;
  throw new OssError('InternalError', {
    message: 'The source is damaged: its bytes do not have the CRC64 they were stored with.',
    cause: new Error(`object ${bucket}/${key} is damaged: CRC64 ${sums.crc64} instead of ${crc64}`),
  });
}
