import type { Kysely } from 'kysely';

/** What an upload was begun with counts when it is completed, too. */
export async function forbidOverwrite(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('uploads')
    .addColumn('forbid_overwrite', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}
