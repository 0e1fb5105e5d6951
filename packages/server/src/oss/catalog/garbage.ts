import type { Database, DatabaseTransaction } from '../../db/schema.js';

/** Rows of one statement; databases bound the number of its parameters. */
const ROWS_AT_ONCE = 500;

function slices<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / ROWS_AT_ONCE);
  return Array.from({ length: count }, (_, i) => items.slice(i * ROWS_AT_ONCE, (i + 1) * ROWS_AT_ONCE));
}

/** Hands blobs that nothing names any more to the reaper, in the transaction that took their name away. */
export async function discardBlobs(
  transaction: DatabaseTransaction,
  blobs: readonly string[],
  now: number,
): Promise<void> {
  for (const some of slices(blobs)) {
    await transaction
      .insertInto('garbage')
      .values(some.map((blob) => ({ blob, since: now })))
      .execute();
  }
}

/** Some discarded blobs after `after`, in the order of their ids. */
export async function pageOfGarbage(db: Database, after: string, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('garbage')
    .select('blob')
    .where('blob', '>', after)
    .orderBy('blob')
    .limit(limit)
    .execute();
  return rows.map((row) => row.blob);
}

/** Forgets blobs that the engine has deleted. */
export async function forgetGarbage(transaction: DatabaseTransaction, blobs: readonly string[]): Promise<void> {
  for (const some of slices(blobs)) await transaction.deleteFrom('garbage').where('blob', 'in', some).execute();
}
