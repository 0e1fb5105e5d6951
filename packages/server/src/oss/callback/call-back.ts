import type { Answer, MadeObject } from '../answer.js';
import type { Extent } from '../catalog/manifest.js';
import type { ObjectName } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import type { StorageEngine } from '../engine/engine.js';
import type { ObjectCall } from '../operation.js';
import { notImplemented, OssError } from '../oss-error.js';
import { openObject, piecesOf } from '../read-object.js';
import { type CallbackOrder, type CallbackTexts, findCallback, readCallbackOrder } from './callback-order.js';
import { asksForImage } from './callback-template.js';
import { IMAGE_HEAD_BYTES, type ImageFacts, readImageFacts } from './image-facts.js';

type About = Pick<ObjectCall, 'name' | 'principal' | 'requestId' | 'sourceIp'>;

/**
 * Does what stores an object, and tells the application of it when the uploader asked for that. The order is checked first:
 * nothing is stored when it cannot be carried out.
 * @param operation as Alibaba Cloud names it
 * @throws {OssError} `InvalidArgument` before; `CallbackFailed` when the object is stored and nobody could be told
 */
export async function withCallback(
  plane: DataPlane,
  call: About & Pick<ObjectCall, 'headers' | 'query'>,
  operation: string,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const order = readOrder(plane, findCallback(call.headers, call.query));
  const answer = await run();
  return order ? callBack(plane, call, operation, order, answer) : answer;
}

/** @throws {OssError} `InvalidArgument`, `NotImplemented` where this plane calls nobody */
export function readOrder(plane: DataPlane, texts: CallbackTexts | undefined): CallbackOrder | undefined {
  if (texts === undefined) return undefined;
  if (!plane.callbacks) throw notImplemented('x-oss-callback');
  return readCallbackOrder(texts, plane.callbacks.rules);
}

/** The application's answer in place of ours, with the headers of ours. */
export async function callBack(
  plane: DataPlane,
  { name, principal, requestId, sourceIp }: About,
  operation: string,
  order: CallbackOrder,
  answer: Answer,
): Promise<Answer> {
  const { made } = answer;
  if (!made || !plane.callbacks) return answer;
  const image = asksForImage(order.template) ? await lookAt(plane, name, made) : undefined;
  const headers = kept(answer.headers);
  try {
    const body = await plane.callbacks.tell(
      order,
      {
        bucket: name.bucket,
        object: name.key,
        etag: made.etag,
        size: made.size,
        mimeType: made.contentType,
        'imageInfo.height': image?.height,
        'imageInfo.width': image?.width,
        'imageInfo.format': image?.format,
        crc64: made.crc64,
        contentMd5: answer.headers?.['content-md5'],
        clientIp: sourceIp,
        reqId: requestId,
        operation,
      },
      principal,
    );
    const inert = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };
    return { ...answer, status: 200, headers: { ...headers, ...inert }, body };
  } catch (error) {
    if (error instanceof OssError) throw new OssError(error.code, { ...error.detail, message: error.message, headers });
    throw error;
  }
}

/** Of our own answer: what is about the object. */
const kept = (headers: Answer['headers'] = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type' && name !== 'location'));

/** The beginning of the bytes that were just stored; nothing when they were replaced meanwhile. */
async function lookAt(plane: DataPlane, name: ObjectName, made: MadeObject): Promise<ImageFacts | undefined> {
  try {
    const { object, extents, release } = await openObject(plane, name);
    try {
      if (object.etag !== made.etag) return undefined;
      return readImageFacts(await readHead(plane.engine, extents, Math.min(object.size, IMAGE_HEAD_BYTES)));
    } finally {
      release();
    }
  } catch (error) {
    // The object is stored and the application waits: an image that cannot be looked at has no size.
    plane.log.warn({ err: error, bucket: name.bucket, key: name.key }, 'an image could not be read for its callback');
    return undefined;
  }
}

async function readHead(engine: StorageEngine, extents: readonly Extent[], bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (const piece of piecesOf(extents, { start: 0, end: bytes - 1 })) {
    for await (const chunk of await engine.read(piece.blob, piece)) chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
