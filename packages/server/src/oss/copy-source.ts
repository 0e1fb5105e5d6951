import { percentDecode } from '@sluice/wire';
import { requireStillPublic } from './authorise-call.js';
import { type Bucket, findBucket } from './catalog/buckets.js';
import type { ObjectName, ObjectRow } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import { isBucketName, isObjectKey } from './names.js';
import type { Call, Grounds } from './operation.js';
import { invalidArgument, notImplemented, OssError } from './oss-error.js';
import { checkPreconditions } from './preconditions.js';

const HEADER = 'x-oss-copy-source';
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since'];

/** What a copy is made of; permission to read it has been asked for. */
export interface CopySource {
  readonly bucket: Bucket;
  readonly name: ObjectName;
  /** See `requireStillPublic`. */
  readonly grounds: Grounds;
}

/**
 * Reads `x-oss-copy-source: /bucket/key` (reference oss 1.7), finds the bucket and asks for `oss:GetObject` on the key.
 * @throws {OssError} `InvalidArgument`, `InvalidBucketName`, `InvalidObjectName`, `NotImplemented` for a version,
 * `NoSuchBucket`, `AccessDenied`
 */
export async function findCopySource(plane: DataPlane, call: Call): Promise<CopySource> {
  const name = readCopySource(call.headers.get(HEADER) ?? '');
  const bucket = await findBucket(plane.db, name.bucket);
  if (!bucket) throw new OssError('NoSuchBucket', { extra: [['BucketName', name.bucket]] });
  const grounds = await call.authorise({ action: 'oss:GetObject', bucket, key: name.key, publicRead: true });
  return { bucket, name, grounds };
}

/**
 * The name in the header. Clients write the slashes of a key as they are or as `%2F`, and Go's SDK its blanks as `+`, so a
 * `+` that is meant comes as `%2B`.
 */
export function readCopySource(header: string): ObjectName {
  const malformed = () =>
    invalidArgument(
      HEADER,
      header,
      'The copy source must be "/<bucket>/<key>", with the key URL-encoded.',
      '0042-00000301',
    );
  const m = /^\/([^/?]*)\/([^?]*)(?:\?(.*))?$/s.exec(header);
  if (!m) throw malformed();
  const bucket = percentDecode(m[1] as string);
  const key = percentDecode((m[2] as string).replaceAll('+', '%20'));
  if (!bucket || !key) throw malformed();
  const version = m[3];
  // `null` is the one version that an object of a bucket without versioning has.
  if (version !== undefined && version !== 'versionId=null') {
    if (version.startsWith('versionId=')) throw notImplemented(`versionId in ${HEADER}`);
    throw malformed();
  }
  if (!isBucketName(bucket)) throw new OssError('InvalidBucketName', { extra: [['BucketName', bucket]] });
  if (!isObjectKey(key)) throw new OssError('InvalidObjectName', { extra: [['ObjectName', key]] });
  return { bucket, key };
}

/**
 * Whether the caller may still read what is about to be copied, and `x-oss-copy-source-if-*`, in the same order as those of
 * a GET.
 * @returns `'not-modified'` for a 304
 * @throws {OssError} `AccessDenied`, `PreconditionFailed`
 */
export function checkSource(
  source: CopySource,
  headers: ReadonlyMap<string, string>,
  object: ObjectRow,
): 'proceed' | 'not-modified' {
  requireStillPublic(source, object);
  const conditions = CONDITIONS.flatMap((name) => {
    const value = headers.get(`${HEADER}-${name}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return checkPreconditions(new Map(conditions), object);
}

/** An appendable object has bytes of its own and grows on: it is not copied (reference oss 1.7, 1.12). */
export function refuseAppendable(object: ObjectRow): void {
  if (object.type !== 'Appendable') return;
  throw new OssError('OperationNotSupported', {
    message: 'An appendable object cannot be copied. Download it and put it, or change its metadata in place.',
  });
}
