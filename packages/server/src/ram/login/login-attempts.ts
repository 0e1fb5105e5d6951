import type { DatabaseTransaction } from '../../db/schema.js';

const HOUR_MS = 3_600_000;

/** Whose wrong passwords are counted together. */
export const userSubject = (userId: string): string => `user:${userId}`;
export const accountSubject = (accountId: string): string => `account:${accountId}`;

/**
 * Counts an attempt before the password is looked at: of any number that come at the same time, no more than the limit
 * are looked at within an hour, and the last of them locks the subject for an hour.
 * @param most 0: no limit
 * @returns the instant until which the subject is locked, `undefined` when the attempt may be made
 */
export async function beginAttempt(
  db: DatabaseTransaction,
  subject: string,
  most: number,
  now: number,
): Promise<number | undefined> {
  const known = await db.selectFrom('login_attempts').selectAll().where('subject', '=', subject).executeTakeFirst();
  if (most > 0 && known && Number(known.locked_until) > now) return Number(known.locked_until);
  const goesOn = known && Number(known.locked_until) === 0 && Number(known.since) + HOUR_MS > now;
  const attempts = goesOn ? known.attempts + 1 : 1;
  const row = {
    attempts,
    since: goesOn ? Number(known.since) : now,
    locked_until: most > 0 && attempts >= most ? now + HOUR_MS : 0,
  };
  await db
    .insertInto('login_attempts')
    .values({ subject, ...row })
    .onConflict((conflict) => conflict.column('subject').doUpdateSet(row))
    .execute();
  return undefined;
}

/** An attempt that proved nothing wrong, or was not looked at, does not count. */
export async function takeBackAttempt(db: DatabaseTransaction, subject: string): Promise<void> {
  const known = await db.selectFrom('login_attempts').selectAll().where('subject', '=', subject).executeTakeFirst();
  if (!known) return;
  await db
    .updateTable('login_attempts')
    .set({ attempts: Math.max(0, known.attempts - 1), locked_until: 0 })
    .where('subject', '=', subject)
    .execute();
}

/** After a right password, or a new one. */
export async function forgetAttempts(db: DatabaseTransaction, subject: string): Promise<void> {
  await db.deleteFrom('login_attempts').where('subject', '=', subject).execute();
}
