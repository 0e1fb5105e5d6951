import { createHash } from 'node:crypto';

/** The ETag of an object made of parts with these ETags. Reference: oss 1.23. */
export const multipartETag = (etags: readonly string[]): string =>
  `${createHash('md5').update(etags.join('')).digest('hex').toUpperCase()}-${etags.length}`;
