import type { StoredHeaders } from './catalog/stored-headers.js';
import { invalidArgument, notImplemented } from './oss-error.js';
import { isStorageClass } from './storage-class.js';

/** Kept with the object and served back (reference oss 1.1). */
const KEPT = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'];
const META = 'x-oss-meta-';
const MAX_META_BYTES = 8 * 1024;
const DEFAULT_TYPE = 'application/octet-stream';

/** Asked for and not there: told, rather than dropped. */
const UNSUPPORTED = ['x-oss-server-side-encryption'];

/**
 * The headers of a Put or Initiate that belong to the object.
 * @throws {OssError} `InvalidArgument`, or `NotImplemented` for what would silently be lost
 */
export function readStoredHeaders(headers: ReadonlyMap<string, string>): StoredHeaders {
  refuseUnsupported(headers);
  const kept = KEPT.flatMap((name) => {
    const value = headers.get(name);
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  const meta = [...headers].filter(([name]) => name.startsWith(META));
  const metaBytes = meta.reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (metaBytes > MAX_META_BYTES) {
    throw invalidArgument('x-oss-meta-*', String(metaBytes), 'The user metadata is larger than 8 KB.');
  }
  return [['content-type', headers.get('content-type') || DEFAULT_TYPE], ...kept, ...meta];
}

function refuseUnsupported(headers: ReadonlyMap<string, string>): void {
  for (const name of UNSUPPORTED) if (headers.has(name)) throw notImplemented(name);
  // The framing of aws-chunked would end up inside the object.
  if (headers.get('content-encoding')?.includes('aws-chunked')) throw notImplemented('Content-Encoding: aws-chunked');
  const storageClass = headers.get('x-oss-storage-class');
  if (storageClass !== undefined && !isStorageClass(storageClass)) {
    throw invalidArgument('x-oss-storage-class', storageClass);
  }
}

/** `x-oss-forbid-overwrite: true` (reference oss 1.1). */
export function forbidsOverwrite(headers: ReadonlyMap<string, string>): boolean {
  const value = headers.get('x-oss-forbid-overwrite')?.toLowerCase();
  if (value !== undefined && value !== 'true' && value !== 'false') {
    throw invalidArgument('x-oss-forbid-overwrite', value);
  }
  return value === 'true';
}
