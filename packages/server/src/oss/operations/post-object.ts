import { readObjectAcl } from '../acl.js';
import type { Answer } from '../answer.js';
import { authoriseOpening } from '../authorise-call.js';
import { callBack, readOrder } from '../callback/call-back.js';
import type { CallbackTexts } from '../callback/callback-order.js';
import { findObject } from '../catalog/objects.js';
import { contentTypeOf } from '../catalog/stored-headers.js';
import { contentMd5, readClaimedSums } from '../checksums.js';
import type { DataPlane } from '../data-plane.js';
import { type BodySums, BodyTooLong, type StoredBlob } from '../engine/engine.js';
import { quoted } from '../etag.js';
import { isObjectKey } from '../names.js';
import { readObjectAttributes } from '../object-attributes.js';
import type { BucketCall } from '../operation.js';
import { invalidArgument, OssError } from '../oss-error.js';
import { Pace, readTrafficLimit, systemMetronome, TRAFFIC_LIMIT } from '../pace.js';
import { formAnswer, readFormAnswer } from '../post/form-answer.js';
import { type Form, readForm } from '../post/form-data.js';
import { contentTypeOfForm, formHeaders } from '../post/form-headers.js';
import { checkPolicy, type PolicyDocument, parsePolicyDocument } from '../post/policy-document.js';
import { atPace, type BorrowedBody } from '../request-body.js';
import { storeObject } from '../store-object.js';
import { forbidsOverwrite } from '../stored-headers.js';
import { authoriseTaggingHeader } from '../tags.js';
import { deleteUnrecorded } from '../unrecorded-blob.js';

/** An object out of an HTML form. Who posts it is said by its fields, so permission is asked here. Reference: oss 1.9. */
export async function postObject(plane: DataPlane, call: BucketCall): Promise<Answer> {
  const contentType = call.headers.get('content-type') ?? '';
  if (!/^multipart\/form-data\b/i.test(contentType)) throw new OssError('RequestIsNotMultiPartContent');
  const { md5 } = readClaimedSums(new Map([...call.headers].filter(([name]) => name === 'content-md5')));
  const claimed = md5 === undefined ? {} : { md5 };
  const options = { contentType, claimed, fieldsMs: plane.limits.idleMs };
  return call.body.read((body) => readForm(body, options, (form) => store(plane, call, form, body)));
}

async function store(plane: DataPlane, call: BucketCall, { fields, file }: Form, body: BorrowedBody): Promise<Answer> {
  const signer = await call.signIn(fields);
  const type = contentTypeOfForm(fields, file.contentType);
  const policy = readPolicy(plane, call, fields, type);
  const key = readKey(fields, file.name);
  const name = { bucket: call.bucket.bucket, key };
  await signer.authorise({ action: 'oss:PutObject', bucket: call.bucket, key });

  const headers = formHeaders(fields, type);
  const attributes = readObjectAttributes(headers);
  const { authorise } = signer;
  await authoriseOpening(signer, { bucket: call.bucket, key }, readObjectAcl(headers));
  await authoriseTaggingHeader({ headers, authorise, bucket: call.bucket, name });
  const forbidOverwrite = forbidsOverwrite(headers);
  const asked = readFormAnswer(fields);
  const order = readOrder(plane, readCallbackFields(fields));
  const pace = readPace(plane, call, fields);
  if (forbidOverwrite && (await findObject(plane.db, name))) throw new OssError('FileAlreadyExists');

  const { min, max } = policy?.length ?? { min: 0, max: Number.MAX_SAFE_INTEGER };
  const maxBytes = Math.min(max, plane.limits.maxBodyBytes);
  const verify = ({ size }: BodySums) => {
    if (size < min) throw outside('EntityTooSmall', size, ['MinSizeAllowed', min]);
  };
  const { blob, size, md5, crc64 } = await atPace(file.content, pace, (content) =>
    plane.engine.put(content, { maxBytes, signal: body.signal, verify }),
  ).catch((error: unknown): StoredBlob => {
    throw error instanceof BodyTooLong ? outside('EntityTooLarge', undefined, ['MaxSizeAllowed', maxBytes]) : error;
  });
  body.stored(size);
  const modified = plane.clock.now();
  const sums = { size, etag: md5, crc64: crc64.toString() };
  try {
    await storeObject(plane, { ...call, name }, async () => ({
      row: { type: 'Normal', ...sums, ...attributes, last_modified: modified, upload_id: null },
      bytes: { extents: [[blob, size, sums.crc64]] },
      forbidOverwrite,
    }));
  } catch (error) {
    await deleteUnrecorded(plane, blob, error);
    throw error;
  }
  const answer: Answer = {
    ...formAnswer(asked, name, {
      etag: md5,
      location: call.locate(key),
      headers: { etag: quoted(md5), 'x-oss-hash-crc64ecma': sums.crc64, 'content-md5': contentMd5(md5) },
    }),
    date: modified,
    made: { ...sums, contentType: contentTypeOf(attributes.headers) },
  };
  if (!order) return answer;
  return callBack(plane, { ...call, name, principal: signer.principal }, 'PostObject', order, answer);
}

/** The conditions are about what the object becomes: its type is the one that wins, its key is not expanded yet. */
function readPolicy(
  plane: DataPlane,
  call: BucketCall,
  fields: ReadonlyMap<string, string>,
  type: string,
): PolicyDocument | undefined {
  const text = fields.get('policy');
  if (text === undefined) return undefined;
  const policy = parsePolicyDocument(text);
  const valueIn = (field: string): string => {
    if (field === 'bucket') return call.bucket.bucket;
    return field === 'content-type' ? type : (fields.get(field) ?? '');
  };
  checkPolicy(policy, valueIn, plane.clock.now());
  return policy;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it stands like this in keys
const FILE_NAME = '${filename}';

function readKey(fields: ReadonlyMap<string, string>, fileName: string): string {
  const key = fields.get('key');
  if (key === undefined) throw invalidArgument('key', '', 'The form needs the field key, before the file.');
  const expanded = key.split(FILE_NAME).join(fileName);
  if (!isObjectKey(expanded)) throw new OssError('InvalidObjectName', { extra: [['ObjectName', expanded]] });
  return expanded;
}

/** `callback` as elsewhere; each variable is a field of its own (reference oss 3). */
function readCallbackFields(fields: ReadonlyMap<string, string>): CallbackTexts | undefined {
  const callback = fields.get('callback');
  if (callback === undefined) return undefined;
  return { callback, fields: new Map([...fields].filter(([name]) => name.startsWith('x:'))) };
}

function readPace(plane: DataPlane, call: BucketCall, fields: ReadonlyMap<string, string>): Pace | undefined {
  const places = [call.headers.get(TRAFFIC_LIMIT), call.query.get(TRAFFIC_LIMIT), fields.get(TRAFFIC_LIMIT)];
  const bits = readTrafficLimit(places);
  return bits === undefined ? undefined : new Pace(bits, plane.metronome ?? systemMetronome);
}

function outside(
  code: 'EntityTooSmall' | 'EntityTooLarge',
  size: number | undefined,
  [name, bound]: readonly [string, number],
): OssError {
  const proposed = size === undefined ? [] : [['ProposedSize', String(size)] as const];
  return new OssError(code, { extra: [...proposed, [name, String(bound)]] });
}
