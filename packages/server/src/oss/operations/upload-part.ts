import type { Answer } from '../answer.js';
import { replacePart } from '../catalog/parts.js';
import { findUpload } from '../catalog/uploads.js';
import { contentMd5 } from '../checksums.js';
import type { DataPlane } from '../data-plane.js';
import { quoted } from '../etag.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';
import { invalidArgument } from '../oss-error.js';
import { readPartNumber } from '../part-number.js';
import { deleteUnrecorded } from '../unrecorded-blob.js';

const EC = '0042-00000104';

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
  if (!(await findUpload(plane.db, upload))) throw noSuchUpload(uploadId, EC);

  const { blob, size, md5, crc64 } = await call.body.store(plane.engine);
  const part = {
    upload_id: uploadId,
    part_number: partNumber,
    blob,
    size,
    etag: md5,
    crc64: crc64.toString(),
    uploaded_at: plane.clock.now(),
  };
  try {
    const replaced = await plane.commits.commit(async (transaction) => {
      // Completed or aborted while the bytes came: the part belongs to nothing any more.
      if (!(await findUpload(transaction, upload))) throw noSuchUpload(uploadId, EC);
      return replacePart(transaction, part);
    });
    if (replaced) plane.reaper.wake();
  } catch (error) {
    await deleteUnrecorded(plane, blob, error);
    throw error;
  }
  return {
    status: 200,
    headers: { etag: quoted(md5), 'x-oss-hash-crc64ecma': part.crc64, 'content-md5': contentMd5(md5) },
    body: '',
  };
}
