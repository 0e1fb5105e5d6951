import { noCompanion } from '../../db/companion.js';
import type { Database, Queryable } from '../../db/schema.js';
import { type Step, transact } from '../../db/transact.js';
import type { AccountPrincipal, UserPrincipal } from '../../gate/principal.js';
import type { Clock } from '../../runtime.js';
import { ramErrors } from '../errors.js';
import { isExpired, passwordPolicyOf } from '../preferences/password-policy.js';
import { accountSubject, beginAttempt, takeBackAttempt, userSubject } from './login-attempts.js';
import { findLoginProfile, setPassword } from './login-profile-rows.js';
import { acceptPassword, orThrottled } from './new-password.js';
import type { PasswordHashing } from './password-hashing.js';

export interface ChangePasswordParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly hashing: PasswordHashing;
}

/**
 * A user, or the account itself, replaces its password by knowing the old one. Wrong old ones count as attempts to log in:
 * who has only got hold of an access key shall not find the password by trying.
 * @throws RpcError `EntityNotExist.User.LoginProfile`, `InvalidParameter.OldPassword.Incorrect`, `LoginLocked`,
 *   `PasswordExpired`, and those of {@link acceptPassword}
 */
export async function changePassword(
  parts: ChangePasswordParts,
  who: UserPrincipal | AccountPrincipal,
  old: string,
  wanted: string,
): Promise<void> {
  const { db, clock, hashing } = parts;
  const { accountId } = who;
  const subject = who.kind === 'user' ? userSubject(who.userId) : accountSubject(accountId);
  const before = await currentHash(db, who);
  const profile = who.kind === 'user' ? await findLoginProfile(db, who.userId) : undefined;
  const policy = await passwordPolicyOf(db, accountId);

  // Apart from the record of the call: committed with that, it would tell of a change before there is one.
  const counting = <T>(step: Step<T>): Promise<T> => transact(db, step, noCompanion);
  const lockedUntil = await counting((transaction) =>
    beginAttempt(transaction, subject, policy.MaxLoginAttemps, clock.now()),
  );
  if (lockedUntil !== undefined) throw ramErrors.locked(Math.ceil((lockedUntil - clock.now()) / 60_000));
  let right: boolean;
  try {
    right = await orThrottled(hashing.verify(before, old));
  } catch (error) {
    await counting((transaction) => takeBackAttempt(transaction, subject));
    throw error;
  }
  if (!right) throw ramErrors.wrongPassword();
  // Only this one: who has the key and the password must not be able to try codes of the MFA device without end.
  await counting((transaction) => takeBackAttempt(transaction, subject));
  if (profile && policy.HardExpiry && isExpired(policy, profile, clock.now())) throw ramErrors.passwordExpired();

  const userId = who.kind === 'user' ? who.userId : undefined;
  const hash = await acceptPassword(parts, { accountId, userId, password: wanted, parameter: 'NewPassword' });
  await transact(db, async (transaction) => {
    // Somebody else was faster, and the old password is no longer it.
    if ((await currentHash(transaction, who)) !== before) throw ramErrors.wrongPassword();
    if (who.kind === 'user') {
      await setPassword(transaction, who.userId, hash, clock.now(), { password_reset_required: 0 });
    } else {
      await transaction
        .updateTable('accounts')
        .set({ password_hash: hash })
        .where('account_id', '=', accountId)
        .execute();
    }
  });
}

async function currentHash(db: Queryable, who: UserPrincipal | AccountPrincipal): Promise<string> {
  if (who.kind === 'account') {
    const row = await db
      .selectFrom('accounts')
      .select('password_hash')
      .where('account_id', '=', who.accountId)
      .executeTakeFirstOrThrow();
    return row.password_hash;
  }
  const profile = await findLoginProfile(db, who.userId);
  if (!profile) throw ramErrors.notExist('User.LoginProfile', who.userName);
  return profile.password_hash;
}
