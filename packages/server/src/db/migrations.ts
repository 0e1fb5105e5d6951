import { type Kysely, type Migration, sql } from 'kysely';

/**
 * Forward-only. A landed migration is never edited; the next change is the next number.
 * Types are kept to what SQLite and PostgreSQL both know.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': { up: first },
  '0002-unfinished-and-shared': { up: unfinishedAndShared },
  '0003-buckets': { up: buckets },
  '0007-quarantine': { up: quarantine },
  '0009-listings': { up: listings },
  '0012-identity': { up: identity },
  '0017-audit': { up: audit },
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

/** Everything RAM keeps of people, groups, policies and providers; revocations; the audit trail. */
async function identity(db: Kysely<unknown>): Promise<void> {
  const table = (name: string) => db.schema.createTable(name);
  const addText = (on: string, column: string) =>
    db.schema
      .alterTable(on)
      .addColumn(column, 'text', (c) => c.notNull().defaultTo(''))
      .execute();
  const addInstant = (on: string, column: string) => db.schema.alterTable(on).addColumn(column, 'bigint').execute();
  const addUpdatedAt = async (on: string) => {
    await db.schema
      .alterTable(on)
      .addColumn('updated_at', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute();
    await sql`update ${sql.table(on)} set updated_at = created_at`.execute(db);
  };

  for (const column of ['mobile_phone', 'email', 'comments']) await addText('users', column);
  for (const on of ['users', 'roles', 'policies']) await addUpdatedAt(on);
  await addInstant('users', 'last_login_at');
  await addInstant('access_keys', 'last_used_at');
  await db.schema.createIndex('access_keys_by_user').on('access_keys').columns(['account_id', 'user_id']).execute();

  await table('groups')
    .addColumn('group_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull().references('accounts.account_id'))
    .addColumn('group_name', 'text', (c) => c.notNull())
    .addColumn('comments', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('groups_name', ['account_id', 'group_name'])
    .execute();
  await table('group_members')
    .addColumn('group_id', 'text', (c) => c.notNull().references('groups.group_id'))
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.user_id'))
    .addColumn('joined_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('group_members_key', ['group_id', 'user_id'])
    .execute();
  await db.schema.createIndex('group_members_by_user').on('group_members').column('user_id').execute();

  for (const column of ['default_version', 'newest_version']) {
    await db.schema
      .alterTable('policies')
      .addColumn(column, 'integer', (c) => c.notNull().defaultTo(1))
      .execute();
  }
  await table('policy_versions')
    .addColumn('owner', 'text', (c) => c.notNull())
    .addColumn('policy_name', 'text', (c) => c.notNull())
    .addColumn('version', 'integer', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('policy_versions_key', ['owner', 'policy_name', 'version'])
    .execute();
  await sql`insert into policy_versions (owner, policy_name, version, document, created_at)
    select owner, policy_name, 1, document, created_at from policies`.execute(db);
  await db.schema
    .createIndex('policy_attachments_by_policy')
    .on('policy_attachments')
    .columns(['policy_owner', 'policy_name'])
    .execute();

  await table('resource_tags')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('resource_type', 'text', (c) => c.notNull())
    .addColumn('resource', 'text', (c) => c.notNull())
    .addColumn('tag_key', 'text', (c) => c.notNull())
    .addColumn('tag_value', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('resource_tags_key', ['account_id', 'resource_type', 'resource', 'tag_key'])
    .execute();
  await table('account_settings')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('account_settings_key', ['account_id', 'name'])
    .execute();
  await table('login_profiles')
    .addColumn('user_id', 'text', (c) => c.primaryKey().references('users.user_id'))
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('password_reset_required', 'integer', (c) => c.notNull())
    .addColumn('mfa_bind_required', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .execute();
  await table('password_history')
    .addColumn('user_id', 'text', (c) => c.notNull().references('users.user_id'))
    .addColumn('password_hash', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('password_history_key', ['user_id', 'password_hash'])
    .execute();
  await table('mfa_devices')
    .addColumn('serial_number', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('device_name', 'text', (c) => c.notNull())
    .addColumn('sealed_seed', 'text', (c) => c.notNull())
    .addColumn('user_id', 'text', (c) => c.unique().references('users.user_id'))
    .addColumn('last_step', 'bigint', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('activated_at', 'bigint')
    .execute();
  await table('oidc_providers')
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('provider_name', 'text', (c) => c.notNull())
    .addColumn('issuer_url', 'text', (c) => c.notNull())
    .addColumn('description', 'text', (c) => c.notNull())
    .addColumn('client_ids', 'text', (c) => c.notNull())
    .addColumn('fingerprints', 'text', (c) => c.notNull())
    .addColumn('issuance_limit_hours', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('updated_at', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('oidc_providers_key', ['account_id', 'provider_name'])
    .execute();

  await table('revocations')
    .addColumn('revocation_id', 'text', (c) => c.primaryKey())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('not_before', 'bigint', (c) => c.notNull())
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('created_by', 'text', (c) => c.notNull())
    .addColumn('created_at', 'bigint', (c) => c.notNull())
    .addColumn('expires_at', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .alterTable('uploads')
    .addColumn('origin', 'text', (c) => c.notNull().defaultTo(''))
    .execute();
  await db.schema.createIndex('revocations_by_end').on('revocations').column('expires_at').execute();

  await table('audit')
    .addColumn('seq', 'bigint', (c) => c.primaryKey())
    .addColumn('at', 'bigint', (c) => c.notNull())
    .addColumn('account_id', 'text', (c) => c.notNull())
    .addColumn('principal', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('resource', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text', (c) => c.notNull())
    .addColumn('detail', 'text', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('audit_by_time').on('audit').columns(['account_id', 'at']).execute();
}

/** What a scrub found damaged. */
async function quarantine(db: Kysely<unknown>): Promise<void> {
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

/** ListMultipartUploads goes by key, then by upload id, and no page of it may have to sort all uploads of a key. */
async function listings(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('uploads_by_name').on('uploads').columns(['bucket', 'object_key', 'upload_id']).execute();
  await db.schema.dropIndex('uploads_by_object').execute();
}

/** What a record of the audit trail is found by, and its seal. */
async function audit(db: Kysely<unknown>): Promise<void> {
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
