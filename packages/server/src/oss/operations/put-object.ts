import type { Answer } from '../answer.js';
import { findObject } from '../catalog/objects.js';
import { contentTypeOf } from '../catalog/stored-headers.js';
import { contentMd5 } from '../checksums.js';
import type { DataPlane } from '../data-plane.js';
import { quoted } from '../etag.js';
import { readObjectAttributes } from '../object-attributes.js';
import type { ObjectCall } from '../operation.js';
import { notImplemented, OssError } from '../oss-error.js';
import { storeObject } from '../store-object.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { authoriseTaggingHeader } from '../tags.js';
import { deleteUnrecorded } from '../unrecorded-blob.js';

const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** Reference: oss 1.1. */
export async function putObject(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  for (const name of CONDITIONS) if (call.headers.has(name)) throw notImplemented(name);
  const attributes = readObjectAttributes(call.headers);
  await authoriseTaggingHeader(call);
  const forbidOverwrite = forbidsOverwrite(call.headers);
  call.body.check();
  if (forbidOverwrite && (await findObject(plane.db, call.name))) throw new OssError('FileAlreadyExists');

  const { blob, size, md5, crc64 } = await call.body.store(plane.engine);
  const modified = plane.clock.now();
  const sums = { size, etag: md5, crc64: crc64.toString() };
  try {
    await storeObject(plane, call, async () => ({
      row: { type: 'Normal', ...sums, ...attributes, last_modified: modified, upload_id: null },
      bytes: { extents: [[blob, size, sums.crc64]] },
      forbidOverwrite,
    }));
  } catch (error) {
    await deleteUnrecorded(plane, blob, error);
    throw error;
  }
  return {
    status: 200,
    headers: { etag: quoted(md5), 'x-oss-hash-crc64ecma': sums.crc64, 'content-md5': contentMd5(md5) },
    body: '',
    date: modified,
    made: { ...sums, contentType: contentTypeOf(attributes.headers) },
  };
}
