import { CLIENT_ENCRYPTION, readHeaders, type StoredHeaders, writeHeaders } from './catalog/stored-headers.js';
import { invalidArgument, notImplemented } from './oss-error.js';
import { isStorageClass, STORAGE_CLASS } from './storage-class.js';

/** Kept with the object and served back (reference oss 1.1). */
const KEPT = ['cache-control', 'content-disposition', 'content-encoding', 'content-language', 'expires'];
const META = 'x-oss-meta-';
const MAX_META_BYTES = 8 * 1024;
const CONTENT_TYPE = 'content-type';
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
  return [[CONTENT_TYPE, headers.get(CONTENT_TYPE) || DEFAULT_TYPE], ...kept, ...classOf(headers), ...meta];
}

/** The headers of a copy, as its source has them: the storage class is asked for anew. */
export function copiedHeaders(column: string, headers: ReadonlyMap<string, string>): string {
  return writeHeaders([...readHeaders(column).filter(([name]) => name !== STORAGE_CLASS), ...classOf(headers)]);
}

/**
 * The headers that a copy is given, and what stays although it is given others: the type of the bytes, unless another one is
 * told, and how the client encrypted them, without which nobody could read them again.
 */
export function replacedHeaders(column: string, given: string, headers: ReadonlyMap<string, string>): string {
  const own = readHeaders(given).filter(([name]) => name !== CONTENT_TYPE || headers.get(name));
  const names = new Set(own.map(([name]) => name));
  const stays = (name: string) => name === CONTENT_TYPE || name.startsWith(CLIENT_ENCRYPTION);
  return writeHeaders([...readHeaders(column).filter(([name]) => stays(name) && !names.has(name)), ...own]);
}

/** Kept and told like the others; everything is stored in one way. The usual one needs no mention. */
function classOf(headers: ReadonlyMap<string, string>): StoredHeaders {
  const name = headers.get(STORAGE_CLASS);
  return name === undefined || name === 'Standard' ? [] : [[STORAGE_CLASS, name]];
}

function refuseUnsupported(headers: ReadonlyMap<string, string>): void {
  for (const name of UNSUPPORTED) if (headers.has(name)) throw notImplemented(name);
  // The framing of aws-chunked would end up inside the object.
  if (headers.get('content-encoding')?.includes('aws-chunked')) throw notImplemented('Content-Encoding: aws-chunked');
  const storageClass = headers.get(STORAGE_CLASS);
  if (storageClass !== undefined && !isStorageClass(storageClass)) {
    throw invalidArgument(STORAGE_CLASS, storageClass);
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
