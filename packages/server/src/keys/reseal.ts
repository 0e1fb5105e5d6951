import { type Kysely, sql } from 'kysely';
import type { Database } from '../db/schema.js';
import type { Random } from '../runtime.js';
import { type KeyRing, openSecret, sealSecret } from './key-ring.js';

/** A column that holds sealed secrets. */
export interface SealedColumn {
  readonly table: string;
  /** Primary key, a text. */
  readonly id: string;
  readonly column: string;
  /** The one row whose column is sealed; absent: all of them. */
  readonly only?: string;
  /** What a secret is bound to. */
  context(id: string): string;
}

const PAGE = 200;

/**
 * Seals under the current key what is still sealed under an older one. May be cut off at any time, and run again.
 * @returns ids of the keys that something is still sealed under: it did not open, and stays as it is
 */
export async function resealSecrets(
  db: Database,
  ring: KeyRing,
  random: Random,
  columns: readonly SealedColumn[],
): Promise<ReadonlySet<number>> {
  const needed = new Set<number>();
  for (const column of columns) for (const id of await resealColumn(db, ring, random, column)) needed.add(id);
  return needed;
}

interface SealedRow {
  readonly id: string;
  readonly sealed: string;
}

async function resealColumn(
  db: Database,
  ring: KeyRing,
  random: Random,
  { table, id, column, context, only }: SealedColumn,
): Promise<ReadonlySet<number>> {
  const untyped = db as unknown as Kysely<Record<string, Record<string, string>>>;
  const stuck = new Set<number>();
  const those = only === undefined ? sql`` : sql`and ${sql.ref(id)} = ${only}`;
  let after = '';
  for (;;) {
    const page = await sql<SealedRow>`
      select ${sql.ref(id)} as id, ${sql.ref(column)} as sealed from ${sql.table(table)}
      where ${sql.ref(id)} > ${after} and ${sql.ref(column)} not like ${`${ring.current.id}.%`} ${those}
      order by ${sql.ref(id)} limit ${PAGE}`.execute(db);
    for (const row of page.rows) {
      const secret = openSecret(ring, context(row.id), row.sealed);
      if (secret === undefined) stuck.add(Number(row.sealed.split('.')[0]));
      else {
        // A secret that was changed meanwhile is under the current key already.
        await untyped
          .updateTable(table)
          .set({ [column]: sealSecret(ring, random, context(row.id), secret) })
          .where(id, '=', row.id)
          .where(column, '=', row.sealed)
          .execute();
      }
    }
    const last = page.rows.at(-1);
    if (!last || page.rows.length < PAGE) return stuck;
    after = last.id;
  }
}
