import { LRUCache } from 'lru-cache';
import type { Queryable } from '../db/schema.js';
import type { Address } from './addressing.js';
import { findBucket, findSetting } from './catalog/buckets.js';
import { bucketCors, type Cors } from './cors.js';
import type { BucketCors } from './cors-configuration.js';
import { isBucketName } from './names.js';

const MAX_CONFIGURATIONS = 1000;

/**
 * Finds what applies to requests.
 * @param addresses what the request may be about, most likely first, or the one that is known. The first one whose bucket is
 *   there counts: a preflight has no signature that would tell
 */
export function corsFinder(
  db: Queryable,
  standard: Cors,
): (addresses: readonly Pick<Address, 'bucket'>[]) => Promise<Cors> {
  // By their text, so that a change is seen at once.
  const known = new LRUCache<string, Cors>({ max: MAX_CONFIGURATIONS });

  function read(value: string): Cors {
    const kept = known.get(value);
    if (kept) return kept;
    const cors = bucketCors(JSON.parse(value) as BucketCors);
    known.set(value, cors);
    return cors;
  }

  return async (addresses) => {
    for (const [i, { bucket }] of addresses.entries()) {
      if (bucket === undefined || !isBucketName(bucket)) continue;
      const value = await findSetting(db, bucket, 'cors');
      if (value !== undefined) return read(value);
      const last = i === addresses.length - 1;
      if (!last && (await findBucket(db, bucket))) break;
    }
    return standard;
  };
}
