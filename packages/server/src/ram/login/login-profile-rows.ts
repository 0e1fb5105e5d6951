import type { DatabaseTransaction, LoginProfilesTable, Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { PASSWORD_POLICY_RANGES } from '../preferences/password-policy.js';
import { forgetAttempts, userSubject } from './login-attempts.js';

export type LoginProfile = Readonly<LoginProfilesTable>;

export async function findLoginProfile(db: Queryable, userId: string): Promise<LoginProfile | undefined> {
  return db.selectFrom('login_profiles').selectAll().where('user_id', '=', userId).executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.User.LoginProfile` */
export async function requireLoginProfile(
  db: Queryable,
  user: { readonly user_id: string; readonly user_name: string },
): Promise<LoginProfile> {
  const profile = await findLoginProfile(db, user.user_id);
  if (!profile) throw ramErrors.notExist('User.LoginProfile', user.user_name);
  return profile;
}

export async function insertLoginProfile(db: DatabaseTransaction, row: LoginProfile): Promise<void> {
  await db.insertInto('login_profiles').values(row).execute();
  await remember(db, row.user_id, row.password_hash, row.password_set_at);
}

export async function updateLoginProfileRow(
  db: DatabaseTransaction,
  userId: string,
  change: Partial<Omit<LoginProfile, 'user_id'>>,
): Promise<void> {
  await db.updateTable('login_profiles').set(change).where('user_id', '=', userId).execute();
}

/** A new password, kept for the rule against reuse. */
export async function setPassword(
  db: DatabaseTransaction,
  userId: string,
  passwordHash: string,
  now: number,
  change: Partial<Pick<LoginProfile, 'password_reset_required' | 'mfa_bind_required'>> = {},
): Promise<void> {
  await updateLoginProfileRow(db, userId, {
    password_hash: passwordHash,
    password_set_at: now,
    updated_at: now,
    ...change,
  });
  await remember(db, userId, passwordHash, now);
}

export async function deleteLoginProfileRow(db: DatabaseTransaction, userId: string): Promise<void> {
  await db.deleteFrom('login_profiles').where('user_id', '=', userId).execute();
}

/** Hashes of the newest passwords, the current one first. */
export async function lastPasswords(db: Queryable, userId: string, most: number): Promise<readonly string[]> {
  if (most === 0) return [];
  const rows = await db
    .selectFrom('password_history')
    .select('password_hash')
    .where('user_id', '=', userId)
    .orderBy('created_at', 'desc')
    .orderBy('password_hash')
    .limit(most)
    .execute();
  return rows.map((row) => row.password_hash);
}

/** What is kept of a user beside the profile: a new one of the same name starts without it. */
export async function forgetPasswords(db: DatabaseTransaction, userId: string): Promise<void> {
  await db.deleteFrom('password_history').where('user_id', '=', userId).execute();
  await forgetAttempts(db, userSubject(userId));
}

async function remember(db: DatabaseTransaction, userId: string, passwordHash: string, now: number): Promise<void> {
  const [, most] = PASSWORD_POLICY_RANGES.PasswordReusePrevention;
  await db
    .insertInto('password_history')
    .values({ user_id: userId, password_hash: passwordHash, created_at: now })
    .execute();
  const kept = await lastPasswords(db, userId, most);
  await db
    .deleteFrom('password_history')
    .where('user_id', '=', userId)
    .where('password_hash', 'not in', kept)
    .execute();
}
