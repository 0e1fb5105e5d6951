import { type Kysely, type Migration, sql } from 'kysely';

/**
 * Forward-only. A landed migration is never edited; the next change is the next number.
 * Types are kept to what SQLite and PostgreSQL both know.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': { up: first },
  '0002-unfinished-and-shared': { up: unfinishedAndShared },
  '0003-buckets': { up: buckets },
  '0009-listings': { up: listings },
};

async function first(db: Kysely<unknown>): Promise<void> {
  const table = (name: string) => db.schema.createTable(name);

  await table('settings')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();

  await table('accounts')
    .addColumn('account_id', 'text', (c) => c.primaryKey())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await table('users')
    .addColumn('user_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('user_name', 'text', (c) => c.notNull())
    .addColumn('display_name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('users_name', ['account_id', 'user_name'])
    .execute();
  await table('access_keys')
    .addColumn('access_key_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('user_id', 'text', (c) => c.references('users.user_id'))
    .addColumn('sealed_secret', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await table('roles')
    .addColumn('role_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('role_name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('trust_policy', 'text', (c) => c.notNull())
    .addColumn('max_session_duration', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('roles_name', ['account_id', 'role_name'])
    .execute();
  await table('policies')
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('policy_name', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('policies_key', ['owner', 'policy_name'])
    .execute();
  await table('policy_attachments')
    .addColumn('principal', 'text', (c) => c.notNull())
    .addColumn('policy_owner', 'text', (c) => c.notNull())
    .addColumn('policy_name', 'text', (c) => c.notNull())
    .addColumn('attached_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('policy_attachments_key', ['principal', 'policy_owner', 'policy_name'])
    .execute();

  await table('media')
    .addColumn('media_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('tags', 'text', (c) => c.notNull())
    .addColumn('cate_id', 'text')
    .addColumn('cover_url', 'text', (c) => c.notNull())
    .addColumn('user_data', 'text', (c) => c.notNull())
    .addColumn('app_id', 'text', (c) => c.notNull())
    .addColumn('template_group_id', 'text', (c) => c.notNull())
    .addColumn('reference_id', 'text')
    .addColumn('image_type', 'text', (c) => c.notNull())
    .addColumn('file_name', 'text', (c) => c.notNull())
    .addColumn('bucket', 'text', (c) => c.notNull())
    .addColumn('object_key', 'text', (c) => c.notNull())
    .addColumn('size', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('modified_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('media_object', ['bucket', 'object_key'])
    .addUniqueConstraint('media_reference', ['account_id', 'reference_id'])
    .execute();

  await table('buckets')
    .addColumn('bucket', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('region', 'text', (c) => c.notNull())
    .addColumn('acl', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .execute();
  await table('objects')
    .addColumn('bucket', 'text', (c) => c.notNull().references('buckets.bucket'))
    .addColumn('object_key', 'text', (c) => c.notNull())
    .addColumn('object_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('size', 'bigint', (c) => c.notNull())
    .addColumn('etag', 'text', (c) => c.notNull())
    .addColumn('crc64', 'text', (c) => c.notNull())
    .addColumn('headers', 'text', (c) => c.notNull())
    .addColumn('last_modified', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('objects_key', ['bucket', 'object_key'])
    .execute();
  await table('manifests')
    .addColumn('object_id', 'text', (c) => c.primaryKey())
    .addColumn('blobs', 'text', (c) => c.notNull())
    .execute();
  await table('uploads')
    .addColumn('upload_id', 'text', (c) => c.primaryKey())
    .addColumn('bucket', 'text', (c) => c.notNull())
    .addColumn('object_key', 'text', (c) => c.notNull())
    .addColumn('headers', 'text', (c) => c.notNull())
    .addColumn('initiated_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('uploads_by_object').on('uploads').columns(['bucket', 'object_key']).execute();
  await table('parts')
    .addColumn('upload_id', 'text', (c) => c.notNull())
    .addColumn('part_number', 'integer', (c) => c.notNull())
    .addColumn('blob', 'text', (c) => c.notNull())
    .addColumn('size', 'bigint', (c) => c.notNull())
    .addColumn('etag', 'text', (c) => c.notNull())
    .addColumn('crc64', 'text', (c) => c.notNull())
    .addColumn('uploaded_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('parts_key', ['upload_id', 'part_number'])
    .execute();
  await table('garbage')
    .addColumn('blob', 'text', (c) => c.primaryKey())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .execute();

  await table('outbox')
    .addColumn('event_id', 'text', (c) => c.primaryKey())
    .addColumn('event_type', 'text', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('next_attempt_at', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('delivered_at', 'bigint')
    .addColumn('abandoned_at', 'bigint')
    .addColumn('last_error', 'text')
    .execute();
}

/** What ListUnfinishedUploads tells of a media, and objects that share their bytes with others. */
async function unfinishedAndShared(db: Kysely<unknown>): Promise<void> {
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

/** Settings of a bucket, and what an object has beside its bytes and headers. */
async function buckets(db: Kysely<unknown>): Promise<void> {
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

/** ListMultipartUploads goes by key, then by upload id, and no page of it may have to sort all uploads of a key. */
async function listings(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('uploads_by_name').on('uploads').columns(['bucket', 'object_key', 'upload_id']).execute();
  await db.schema.dropIndex('uploads_by_object').execute();
}
