import type { Answer } from '../answer.js';
import { findUpload, removeUpload } from '../catalog/uploads.js';
import type { DataPlane } from '../data-plane.js';
import { noSuchUpload } from '../no-such-upload.js';
import type { ObjectCall } from '../operation.js';

/** Reference: oss 1.14. */
export async function abortMultipartUpload(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const uploadId = call.query.get('uploadId') ?? '';
  const now = plane.clock.now();
  await plane.commits.commit(async (transaction) => {
    const found = await findUpload(transaction, { ...call.name, uploadId });
    if (!found) throw noSuchUpload(uploadId, '0042-00000002');
    await removeUpload(transaction, uploadId, now);
  });
  plane.reaper.wake();
  return { status: 204 };
}
