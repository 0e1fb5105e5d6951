import type { Database } from '../../db/schema.js';

const ROWS_AT_ONCE = 5000;

export interface BucketTotals {
  readonly objects: number;
  readonly bytes: number;
  readonly uploads: number;
  /** When its newest object was written; 0 when it has none. */
  readonly modified: number;
}

/** Counts page by page: one statement over millions of rows would keep everybody else waiting. */
export async function bucketTotals(db: Database, bucket: string): Promise<BucketTotals> {
  let [objects, bytes, modified] = [0, 0, 0];
  for (let after = ''; ; ) {
    const rows = await db
      .selectFrom('objects')
      .select(['object_key', 'size', 'last_modified'])
      .where('bucket', '=', bucket)
      .where('object_key', '>', after)
      .orderBy('object_key')
      .limit(ROWS_AT_ONCE)
      .execute();
    for (const row of rows) {
      bytes += row.size;
      modified = Math.max(modified, row.last_modified);
    }
    objects += rows.length;
    after = rows.at(-1)?.object_key ?? '';
    if (rows.length < ROWS_AT_ONCE) break;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  const uploads = await db
    .selectFrom('uploads')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('bucket', '=', bucket)
    .executeTakeFirst();
  return { objects, bytes, uploads: Number(uploads?.count ?? 0), modified };
}
