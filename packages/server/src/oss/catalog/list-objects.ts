import type { ObjectsTable, Queryable } from '../../db/schema.js';
import { afterPrefix } from '../byte-order.js';
import type { KeyIndex } from '../roll-up.js';

/** What a listing tells of an object. */
export type ListedObject = Readonly<
  Pick<ObjectsTable, 'object_key' | 'type' | 'size' | 'etag' | 'headers' | 'last_modified'>
>;

export interface KeyPlace {
  readonly key: string;
  /** Whether the key itself counts. */
  readonly inclusive: boolean;
}

/** The objects of a bucket whose keys begin with `prefix`. */
export function objectIndex(db: Queryable, bucket: string, prefix: string): KeyIndex<ListedObject, KeyPlace> {
  const end = afterPrefix(prefix);
  return {
    async read({ key, inclusive }, limit) {
      // One lower bound and one upper one: of two lower bounds a planner may seek to the wrong one and scan from there.
      let query = db
        .selectFrom('objects')
        .select(['object_key', 'type', 'size', 'etag', 'headers', 'last_modified'])
        .where('bucket', '=', bucket)
        .where('object_key', inclusive ? '>=' : '>', key);
      if (end !== undefined) query = query.where('object_key', '<', end);
      return query.orderBy('object_key').limit(limit).execute();
    },
    keyOf: (row) => row.object_key,
    behind: (row) => ({ key: row.object_key, inclusive: false }),
    at: (key) => ({ key, inclusive: true }),
  };
}
