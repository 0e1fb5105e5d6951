import { type Kysely, sql } from 'kysely';

/** What a record of the audit trail is found by, and its seal. */
export async function audit(db: Kysely<unknown>): Promise<void> {
  for (const column of ['source_ip', 'token_id', 'media_id', 'upload_id', 'subject', 'seal']) {
    await db.schema
      .alterTable('audit')
      .addColumn(column, 'text', (c) => c.notNull().defaultTo(''))
      .execute();
  }
  // Every record paid for it, and the order of the numbers is that of time already.
  await db.schema.dropIndex('audit_by_time').execute();
  // Most records have none of these, so most cost nothing here.
  for (const column of ['token_id', 'media_id', 'upload_id', 'subject']) {
    await db.schema
      .createIndex(`audit_by_${column}`)
      .on('audit')
      .column(column)
      .where(sql.ref(column), '<>', sql.lit(''))
      .execute();
  }
}
