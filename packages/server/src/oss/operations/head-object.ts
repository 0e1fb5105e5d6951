import type { Answer } from '../answer.js';
import { requireStillPublic } from '../authorise-call.js';
import { findObject } from '../catalog/objects.js';
import type { DataPlane } from '../data-plane.js';
import { expirationHeader } from '../lifecycle/expiration-header.js';
import { objectHeaders, validators } from '../object-headers.js';
import type { ObjectCall } from '../operation.js';
import { checkPreconditions } from '../preconditions.js';
import { noSuchKey } from '../read-object.js';

/** Reference: oss 1.3; with `meta` 1.4, which leaves out what the object was given. */
export async function headObject(plane: DataPlane, call: ObjectCall, what: 'all' | 'meta'): Promise<Answer> {
  const object = await findObject(plane.db, call.name);
  if (!object) throw noSuchKey(call.name);
  requireStillPublic(call, object);
  if (checkPreconditions(call.headers, object) === 'not-modified') return { status: 304, headers: validators(object) };
  const headers =
    what === 'all'
      ? { ...objectHeaders(object), ...expirationHeader(await plane.lifecycleOf(call.name.bucket), object) }
      : { ...validators(object), 'x-oss-hash-crc64ecma': object.crc64 };
  return { status: 200, headers: { ...headers, 'content-length': String(object.size) } };
}
