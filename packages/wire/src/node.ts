import { createHash, createHmac } from 'node:crypto';
import type { Digests } from './digests.js';

/** {@link Digests} by `node:crypto`. */
export const nodeDigests: Digests = {
  md5: (data) => createHash('md5').update(data).digest(),
  sha256: (data) => createHash('sha256').update(data).digest(),
  hmacSha1: (key, data) => createHmac('sha1', key).update(data).digest(),
  hmacSha256: (key, data) => createHmac('sha256', key).update(data).digest(),
};
