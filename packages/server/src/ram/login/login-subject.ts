import type { Queryable } from '../../db/schema.js';
import { type KeyRing, keyedDigest } from '../../keys/key-ring.js';
import { deviceOfUser, type MfaDevice } from '../mfa/mfa-device-rows.js';
import { accountWithSetting } from '../preferences/account-settings.js';
import { isWithinMasks } from '../preferences/network-masks.js';
import { type PasswordPolicy, passwordPolicyOf } from '../preferences/password-policy.js';
import { type SecurityPreference, securityPreferenceOf } from '../preferences/security-preference.js';
import { findUser, type User } from '../users/user-rows.js';
import type { LoginAttempt } from './login.js';
import { accountSubject, userSubject } from './login-attempts.js';
import { findLoginProfile, type LoginProfile } from './login-profile-rows.js';

/** Who is meant by what somebody typed, and everything that is asked of them. */
export interface LoginSubject {
  /** Whose attempts are counted; for strangers too. */
  readonly attempts: string;
  readonly passwordHash: string | undefined;
  /** `undefined`: there is none of this name, or it has no password. */
  readonly who:
    | { readonly kind: 'account'; readonly accountId: string }
    | { readonly kind: 'user'; readonly user: User; readonly profile: LoginProfile }
    | undefined;
  /** From an address that users of the account may not log in from; then everybody is a stranger, and nobody is locked out. */
  readonly outside: boolean;
  readonly device: MfaDevice | undefined;
  readonly policy: PasswordPolicy;
  readonly preference: SecurityPreference;
}

/** Names that do not exist share this many counters: a table that strangers write to must not grow. */
const NOBODIES = 4096;

/** Asks the database the same questions whether the name exists or not. */
export async function findLoginSubject(
  db: Queryable,
  ring: KeyRing,
  { account, user: name, sourceIp }: Pick<LoginAttempt, 'account' | 'user' | 'sourceIp'>,
): Promise<LoginSubject> {
  const accountId = await accountIdOf(db, account);
  const root = await db
    .selectFrom('accounts')
    .select('password_hash')
    .where('account_id', '=', accountId)
    .executeTakeFirst();
  const user = await findUser(db, accountId, name ?? '');
  const profile = await findLoginProfile(db, user?.user_id ?? '');
  const device = await deviceOfUser(db, user?.user_id ?? '');
  const policy = await passwordPolicyOf(db, accountId);
  const preference = await securityPreferenceOf(db, accountId);
  const outside = name !== undefined && !isWithinMasks(preference.LoginNetworkMasks, sourceIp);
  const shared = { policy, preference, outside };
  if (name === undefined && root) {
    const who = { kind: 'account', accountId } as const;
    return { ...shared, attempts: accountSubject(accountId), passwordHash: root.password_hash, who, device: undefined };
  }
  if (user && profile && !outside) {
    const who = { kind: 'user', user, profile } as const;
    return { ...shared, attempts: userSubject(user.user_id), passwordHash: profile.password_hash, who, device };
  }
  // Under the oldest key, so that a rotation does not give everybody new attempts.
  const digest = keyedDigest(
    ring.keys.at(-1) ?? ring.current,
    'login-nobody',
    Buffer.from(`${account}\0${name ?? ''}`),
  );
  const attempts = `nobody:${digest.readUInt32BE() % NOBODIES}`;
  return { ...shared, attempts, passwordHash: undefined, who: undefined, device: undefined };
}

/** By id, alias or name; an id that nobody has when there is none. */
async function accountIdOf(db: Queryable, given: string): Promise<string> {
  const rows = await db
    .selectFrom('accounts')
    .select(['account_id', 'name'])
    .where((e) => e.or([e('account_id', '=', given), e('name', '=', given)]))
    .execute();
  const aliased = await accountWithSetting(db, 'alias', given);
  const byId = rows.find((row) => row.account_id === given);
  return byId?.account_id ?? aliased ?? rows[0]?.account_id ?? '';
}
