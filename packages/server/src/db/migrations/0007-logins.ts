import { type Kysely, sql } from 'kysely';

/** When a password was set, and how often somebody was wrong about one. */
export async function logins(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('login_profiles')
    .addColumn('password_set_at', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
  await sql`update login_profiles set password_set_at = updated_at`.execute(db);
  await db.schema
    .createTable('login_attempts')
    .addColumn('subject', 'text', (c) => c.primaryKey())
    .addColumn('attempts', 'integer', (c) => c.notNull())
    .addColumn('since', 'bigint', (c) => c.notNull())
    .addColumn('locked_until', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema
    .createIndex('mfa_devices_by_account')
    .on('mfa_devices')
    .columns(['account_id', 'device_name'])
    .execute();
}
