import { LRUCache } from 'lru-cache';
import type { Queryable } from '../../db/schema.js';
import { findSetting } from '../catalog/buckets.js';
import type { LifecycleRule } from './lifecycle-rules.js';

/** Characters of configurations: one with a thousand long rules has more than a million, and as many again when it is read. */
const KEPT_CHARACTERS = 16 * 1024 * 1024;

/** The rules of a bucket; none when it has none. */
export type LifecycleFinder = (bucket: string) => Promise<readonly LifecycleRule[]>;

export function lifecycleFinder(db: Queryable): LifecycleFinder {
  // By their text, so that a change is seen at once.
  const known = new LRUCache<string, readonly LifecycleRule[]>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_, text) => text.length,
  });
  return async (bucket) => {
    const value = await findSetting(db, bucket, 'lifecycle');
    if (value === undefined) return [];
    const kept = known.get(value);
    if (kept) return kept;
    const rules = readRules(value);
    known.set(value, rules);
    return rules;
  };
}

export const readRules = (value: string): readonly LifecycleRule[] => JSON.parse(value) as readonly LifecycleRule[];
