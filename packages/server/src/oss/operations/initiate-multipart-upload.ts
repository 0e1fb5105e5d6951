import { percentEncodePath } from '@sluice/wire';
import { sessionOrigin } from '../../gate/session-origin.js';
import { type Answer, xmlAnswer } from '../answer.js';
import { findObject } from '../catalog/objects.js';
import { insertUpload } from '../catalog/uploads.js';
import type { DataPlane } from '../data-plane.js';
import { readEncodingType } from '../encoding-type.js';
import { requireBucket } from '../no-such-bucket.js';
import { readObjectAttributes } from '../object-attributes.js';
import type { ObjectCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { authoriseTaggingHeader } from '../tags.js';
import { element, xmlDocument } from '../xml.js';

/**
 * The headers given here belong to the final object; one that forbids to overwrite holds for Complete as well, whatever that
 * says. Reference: oss 1.10.
 */
export async function initiateMultipartUpload(plane: DataPlane, call: ObjectCall): Promise<Answer> {
  const { bucket, key } = call.name;
  const encode = readEncodingType(call.query);
  const attributes = readObjectAttributes(call.headers);
  await authoriseTaggingHeader(call);
  const forbidOverwrite = forbidsOverwrite(call.headers);
  if (forbidOverwrite && (await findObject(plane.db, call.name))) {
    throw new OssError('FileAlreadyExists');
  }
  const origin = sessionOrigin(call.principal);
  const upload = {
    upload_id: Buffer.from(plane.random.bytes(16)).toString('hex').toUpperCase(),
    bucket,
    object_key: key,
    ...attributes,
    origin: origin === undefined ? '' : JSON.stringify(origin),
    forbid_overwrite: Number(forbidOverwrite),
    initiated_at: plane.clock.now(),
  };
  call.note({ uploadId: upload.upload_id });
  await plane.commits.commit(async (transaction) => {
    await requireBucket(transaction, bucket, call.bucket);
    await insertUpload(transaction, upload);
  });
  return xmlAnswer(
    xmlDocument(
      element('InitiateMultipartUploadResult', [
        ...(encode ? [element('EncodingType', 'url')] : []),
        element('Bucket', bucket),
        element('Key', encode ? percentEncodePath(key) : key),
        element('UploadId', upload.upload_id),
      ]),
    ),
  );
}
