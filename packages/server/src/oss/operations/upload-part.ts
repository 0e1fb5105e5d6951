import type { Answer } from '../answer.js';
import { findUpload } from '../catalog/uploads.js';
import { contentMd5 } from '../checksums.js';
import type { DataPlane } from '../data-plane.js';
import { quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument } from '../oss-error.js';
import { readPartNumber } from '../part-number.js';
import { PART_EC, recordPart } from '../record-part.js';

/**
 * Headers that belong to the object (`x-oss-meta-*`, `x-oss-callback` …) are repeated by ali-oss on every part, and passed
 * over. Reference: oss 1.11.
 */
export async function uploadPart(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const uploadId = call.query.get('uploadId') ?? '';
  const partNumber = readPartNumber(call.query.get('partNumber') ?? '');
  const encryption = call.headers.get('x-oss-server-side-encryption');
  if (encryption !== undefined) throw invalidArgument('x-oss-server-side-encryption', encryption);
  call.body.check();
  const upload = { ...call.name, uploadId };
  if (!(await findUpload(plane.db, upload))) throw noSuchUpload(uploadId, PART_EC);

  const part = await recordPart(plane, upload, partNumber, await call.body.store(plane.engine));
  return {
    status: 200,
    headers: {
      etag: quoted(part.etag),
      'x-oss-hash-crc64ecma': part.crc64,
      'content-md5': contentMd5(part.etag),
    },
    body: '',
  };
}
