import { formatHttpDate } from '@sluice/wire';
import type { ObjectRow } from './catalog/objects.js';
import { readHeaders } from './catalog/stored-headers.js';
import { contentMd5 } from './checksums.js';
import { quoted } from './etag.js';
import { STORAGE_CLASS } from './storage-class.js';
import { readTags } from './tags.js';

/**
 * Types that no browser runs scripts of; every other answer is sandboxed. A list of the dangerous ones would have to know
 * how each browser reads `text/plain, text/html` or a leading blank. The data plane is an origin of its own; this takes
 * even that one away.
 */
const INERT =
  /^(?:(?:video|audio)\/[\w.+-]+|image\/(?:png|jpeg|gif|webp|avif|bmp)|application\/(?:octet-stream|zip))$/i;

/** What validates a cached copy; all that a 304 carries. */
export const validators = (object: ObjectRow): Record<string, string> => ({
  etag: quoted(object.etag),
  'last-modified': formatHttpDate(object.last_modified),
});

/** Headers of GET and HEAD but for the length. Reference: oss 1.2, 1.3. */
export function objectHeaders(
  object: ObjectRow,
  overrides: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const tagCount = readTags(object.tags).length;
  const headers: Record<string, string> = {
    ...validators(object),
    'accept-ranges': 'bytes',
    'x-oss-object-type': object.type,
    [STORAGE_CLASS]: 'Standard',
    'x-oss-hash-crc64ecma': object.crc64,
    ...(object.type === 'Normal' ? { 'content-md5': contentMd5(object.etag) } : {}),
    ...(object.type === 'Appendable' ? { 'x-oss-next-append-position': String(object.size) } : {}),
    ...(tagCount > 0 ? { 'x-oss-tagging-count': String(tagCount) } : {}),
    ...Object.fromEntries(readHeaders(object.headers)),
    ...overrides,
    'x-content-type-options': 'nosniff',
  };
  if (!INERT.test(headers['content-type'] ?? '')) headers['content-security-policy'] = 'sandbox';
  return headers;
}
