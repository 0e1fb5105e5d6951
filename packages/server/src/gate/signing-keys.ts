import { type OssV4Scope, ossV4SigningKey } from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import { LRUCache } from 'lru-cache';

/** Secrets and days. A client signs every part of a file with the same key. */
const REMEMBERED_KEYS = 2000;

export type SigningKeys = (secret: string, scope: OssV4Scope) => Uint8Array;

/** The keys of V4, each derived once: four of the five HMACs of a signature. */
export function signingKeys(): SigningKeys {
  const keys = new LRUCache<string, Uint8Array>({ max: REMEMBERED_KEYS });
  return (secret, scope) => {
    // Neither a date nor a region holds a slash (they are read from a credential that is cut at them).
    const name = `${scope.date}/${scope.region}/${secret}`;
    let key = keys.get(name);
    if (!key) {
      key = ossV4SigningKey(nodeDigests, secret, scope);
      keys.set(name, key);
    }
    return key;
  };
}
