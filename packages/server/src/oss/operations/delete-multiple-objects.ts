import { percentEncode } from '@sluice/wire';
import { breather } from '../../gate/breather.js';
import { type Answer, xmlAnswer } from '../answer.js';
import { removeObjects } from '../catalog/remove-objects.js';
import type { DataPlane } from '../data-plane.js';
import { readDeleteRequest } from '../delete-request.js';
import { readEncodingType } from '../encoding-type.js';
import { isObjectKey } from '../names.js';
import type { BucketCall } from '../operation.js';
import { OssError } from '../oss-error.js';
import { element, xmlDocument } from '../xml.js';

/** Keys of one transaction: others get their turn in between. */
const KEYS_AT_ONCE = 250;

/**
 * Deletes up to 1 000 objects; one that is not there counts as deleted. Permission is asked for every key before anything
 * is deleted, and one refusal refuses the whole, as error 0003-00000204 of OSS says: the answer has no place for the fate of a
 * single key. Should the server stop in between, some keys are deleted and the request can be repeated. Reference: oss 1.6.
 */
export async function deleteMultipleObjects(plane: DataPlane, call: BucketCall): Promise<Answer> {
  const { bucket, headers, body, principal } = call;
  // Who can have no permission for any key is not listened to; to other accounts the policy of the bucket may give one.
  const stranger =
    principal.kind === 'anonymous' || (principal.accountId !== bucket.account_id && bucket.policy === null);
  if (stranger) await call.authorise({ action: 'oss:DeleteObject', bucket });
  const encode = readEncodingType(call.query);
  body.check();
  if (!headers.has('content-md5')) {
    throw new OssError('MissingArgument', {
      message: 'Missing required header for this request: Content-MD5.',
      extra: [['ArgumentName', 'Content-MD5']],
    });
  }
  const { quiet, keys } = readDeleteRequest(await body.text());
  const distinct = [...new Set(keys)];
  for (const key of distinct) {
    if (!isObjectKey(key)) throw new OssError('InvalidObjectName', { extra: [['ObjectName', key]] });
  }
  // Before anybody is asked: the record of a refusal names them too.
  call.note({ keys: distinct });
  const breathe = breather();
  for (const key of distinct) {
    await call.authorise({ action: 'oss:DeleteObject', bucket, key });
    await breathe();
  }

  const now = plane.clock.now();
  for (let done = 0; done < distinct.length; done += KEYS_AT_ONCE) {
    const some = distinct.slice(done, done + KEYS_AT_ONCE);
    const removed = await plane.commits.commit(async (transaction) => {
      const gone = await removeObjects(transaction, bucket.bucket, some, now);
      for (const key of gone) {
        await plane.objectEvents.removed(transaction, { bucket: bucket.bucket, key, what: 'object' });
      }
      return gone.length;
    });
    if (removed > 0) plane.reaper.wake();
  }
  if (quiet) return { status: 200, body: '' };
  return xmlAnswer(
    xmlDocument(
      element('DeleteResult', [
        ...(encode ? [element('EncodingType', 'url')] : []),
        ...keys.map((key) => element('Deleted', [element('Key', encode ? percentEncode(key) : key)])),
      ]),
    ),
  );
}
