import { type Kysely, sql } from 'kysely';

/** Everything RAM keeps of people, groups, policies and providers; revocations; the audit trail. */
export async function identity(db: Kysely<unknown>): Promise<void> {
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
