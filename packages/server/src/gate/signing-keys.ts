import { createHash } from 'node:crypto';
import { type OssV4Scope, ossV4SigningKey } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { LRUCache } from 'lru-cache';

/** The V4 signing key of a secret for one day and region. */
export type SigningKeys = (secret: string, scope: OssV4Scope) => Uint8Array;

/** A key and what it is kept under take about 300 bytes. */
const MAX_KEYS = 2_000;

/**
 * Keeps the keys of those who sign much: one hash instead of four HMACs a request. Kept under a digest of the secret, so that
 * a secret that was changed or taken back finds nothing of the old one, and no secret is held here; and of the scope, because
 * its region is as long as the client likes.
 */
export function signingKeys(maxKeys = MAX_KEYS): SigningKeys {
  const kept = new LRUCache<string, Uint8Array>({ max: maxKeys });
  return (secret, scope) => {
    // Neither a date nor a region holds a blank.
    const name = createHash('sha256').update(`${scope.date} ${scope.region} ${secret}`).digest('base64');
    const known = kept.get(name);
    if (known) return known;
    const key = ossV4SigningKey(nodeDigests, secret, scope);
    kept.set(name, key);
    return key;
  };
}
