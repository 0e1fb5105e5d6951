import type { Queryable, UploadsTable } from '../../db/schema.js';
import { afterPrefix } from '../byte-order.js';
import type { KeyIndex } from '../roll-up.js';

export type ListedUpload = Readonly<Pick<UploadsTable, 'object_key' | 'upload_id' | 'headers' | 'initiated_at'>>;

export interface UploadPlace {
  readonly key: string;
  /** Uploads of the key that count: those with a greater id, `'all'`, or `'none'`. */
  readonly ids: 'all' | 'none' | { readonly above: string };
}

/** The open uploads of a bucket whose keys begin with `prefix`, in the order of key and id. */
export function uploadIndex(db: Queryable, bucket: string, prefix: string): KeyIndex<ListedUpload, UploadPlace> {
  const end = afterPrefix(prefix);
  return {
    async read({ key, ids }, limit) {
      let query = db
        .selectFrom('uploads')
        .select(['object_key', 'upload_id', 'headers', 'initiated_at'])
        .where('bucket', '=', bucket);
      if (typeof ids === 'object') {
        query = query.where((e) => e(e.refTuple('object_key', 'upload_id'), '>', e.tuple(key, ids.above)));
      } else {
        query = query.where('object_key', ids === 'all' ? '>=' : '>', key);
      }
      if (end !== undefined) query = query.where('object_key', '<', end);
      return query.orderBy('object_key').orderBy('upload_id').limit(limit).execute();
    },
    keyOf: (row) => row.object_key,
    behind: (row) => ({ key: row.object_key, ids: { above: row.upload_id } }),
    at: (key) => ({ key, ids: 'all' }),
  };
}
