import { type Kysely, sql } from 'kysely';

/** What ListUnfinishedUploads tells of a media, and objects that share their bytes with others. */
export async function unfinishedAndShared(db: Kysely<unknown>): Promise<void> {
  const alter = (table: string) => db.schema.alterTable(table);

  await alter('media')
    .addColumn('file_sample', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await alter('media')
    .addColumn('part_unit', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .createIndex('media_by_owner')
    .on('media')
    .columns(['account_id', 'owner', 'status', 'created_at', 'media_id'])
    .execute();

  await alter('objects')
    .addColumn('manifest_id', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await alter('objects').addColumn('upload_id', 'text').execute();
  await sql`update objects set manifest_id = object_id`.execute(db);
  await db.schema.createIndex('objects_by_manifest').on('objects').column('manifest_id').execute();
  await db.schema.createIndex('objects_by_content').on('objects').columns(['size', 'crc64', 'last_modified']).execute();
}
