import type { Kysely } from 'kysely';

/** What a scrub found damaged. */
export async function quarantine(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('manifests').addColumn('damaged', 'text').execute();
  await db.schema
    .createTable('quarantine')
    .addColumn('blob', 'text', (c) => c.primaryKey())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('manifest_id', 'text')
    .addColumn('part', 'text')
    .addColumn('recorded_size', 'bigint', (c) => c.notNull())
    .addColumn('recorded_crc64', 'text')
    .addColumn('found_size', 'bigint')
    .addColumn('found_crc64', 'text')
    .addColumn('found_at', 'bigint', (c) => c.notNull())
    .execute();
}
