import { createHash } from 'node:crypto';

/** With the quotes of the wire. */
export const quoted = (etag: string): string => `"${etag}"`;

/** As clients send it back, with or without quotes and in either case; compared in the stored form. */
export const unquoted = (etag: string): string =>
  etag
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .toUpperCase();

/** `UPPER(MD5(the parts' upper-case hex texts, joined))-N`: not the rule of S3 (reference oss 1.23). */
export function multipartETag(partETags: readonly string[]): string {
  return `${createHash('md5').update(partETags.join('')).digest('hex').toUpperCase()}-${partETags.length}`;
}
