import type { Kysely } from 'kysely';

/** Settings of a bucket, and what an object has beside its bytes and headers. */
export async function buckets(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('bucket_settings')
    .addColumn('bucket', 'text', (c) => c.notNull().references('buckets.bucket'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('bucket_settings_key', ['bucket', 'name'])
    .execute();
  for (const table of ['objects', 'uploads']) {
    const alter = () => db.schema.alterTable(table);
    await alter()
      .addColumn('acl', 'text', (c) => c.notNull().defaultTo('default'))
      .execute();
    await alter()
      .addColumn('tags', 'text', (c) => c.notNull().defaultTo('[]'))
      .execute();
  }
}
