import { type PartRow, replacePart } from './catalog/parts.js';
import { findUpload, type UploadName } from './catalog/uploads.js';
import type { DataPlane } from './data-plane.js';
import type { StoredBlob } from './engine/engine.js';
import { noSuchUpload } from './no-such-upload.js';
import { deleteUnrecorded } from './unrecorded-blob.js';

/** Reference: oss 1.11 */
export const PART_EC = '0042-00000104';

/**
 * Records a blob as a part of an open upload; one of the same number is replaced.
 * @throws {OssError} `NoSuchUpload` when it was completed or aborted meanwhile; whatever is thrown, the blob is not left behind
 */
export async function recordPart(
  plane: DataPlane,
  upload: UploadName,
  partNumber: number,
  { blob, size, md5, crc64 }: StoredBlob,
): Promise<PartRow> {
  const part: PartRow = {
    upload_id: upload.uploadId,
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
      if (!(await findUpload(transaction, upload))) throw noSuchUpload(upload.uploadId, PART_EC);
      return replacePart(transaction, part);
    });
    if (replaced) plane.reaper.wake();
  } catch (error) {
    await deleteUnrecorded(plane, blob, error);
    throw error;
  }
  return part;
}
