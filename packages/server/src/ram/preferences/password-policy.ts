import type { Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { findAccountSetting } from './account-settings.js';

/** What an account asks of the passwords of its users. Names of the wire, misspelt ones too. */
export interface PasswordPolicy {
  /** Characters; 8 to 32. */
  readonly MinimumPasswordLength: number;
  readonly RequireLowercaseCharacters: boolean;
  readonly RequireUppercaseCharacters: boolean;
  readonly RequireNumbers: boolean;
  readonly RequireSymbols: boolean;
  /** An expired password can only be replaced by an administrator. */
  readonly HardExpiry: boolean;
  /** Days a password is good for, up to 1095; 0: it never expires. */
  readonly MaxPasswordAge: number;
  /** How many of the last passwords may not be used again, up to 24; 0: all may. */
  readonly PasswordReusePrevention: number;
  /** Wrong passwords and codes within an hour that lock a user for an hour, up to 32; 0: none do. */
  readonly MaxLoginAttemps: number;
}

/** Five attempts rather than none at all: a server on its own has nobody who watches the logins. */
export const DEFAULT_PASSWORD_POLICY: PasswordPolicy = {
  MinimumPasswordLength: 8,
  RequireLowercaseCharacters: false,
  RequireUppercaseCharacters: false,
  RequireNumbers: false,
  RequireSymbols: false,
  HardExpiry: false,
  MaxPasswordAge: 0,
  PasswordReusePrevention: 0,
  MaxLoginAttemps: 5,
};

/** From the documentation of SetPasswordPolicy. */
export const PASSWORD_POLICY_RANGES = {
  MinimumPasswordLength: [8, 32],
  MaxPasswordAge: [0, 1095],
  PasswordReusePrevention: [0, 24],
  MaxLoginAttemps: [0, 32],
} as const;

export async function passwordPolicyOf(db: Queryable, accountId: string): Promise<PasswordPolicy> {
  const chosen = (await findAccountSetting(db, accountId, 'password-policy')) as Partial<PasswordPolicy> | undefined;
  return { ...DEFAULT_PASSWORD_POLICY, ...chosen };
}

/**
 * @param parameter how the refusal calls it
 * @throws RpcError `InvalidParameter.<parameter>.TooWeak`
 */
export function checkStrength(policy: PasswordPolicy, password: string, parameter: string): void {
  const shortest = policy.MinimumPasswordLength;
  const failed = [
    [[...password].length < shortest, `it needs ${shortest} characters`],
    [policy.RequireLowercaseCharacters && !/\p{Ll}/u.test(password), 'it needs a lowercase letter'],
    [policy.RequireUppercaseCharacters && !/\p{Lu}/u.test(password), 'it needs an uppercase letter'],
    [policy.RequireNumbers && !/\p{Nd}/u.test(password), 'it needs a digit'],
    [policy.RequireSymbols && !/[^\p{L}\p{N}\s]/u.test(password), 'it needs a symbol'],
  ] as const;
  const reasons = failed.flatMap(([fails, why]) => (fails ? [why] : []));
  if (reasons.length > 0) throw ramErrors.weakPassword(parameter, reasons.join(', '));
}

const DAY_MS = 86_400_000;

export function isExpired(
  { MaxPasswordAge }: PasswordPolicy,
  { password_set_at }: { readonly password_set_at: number },
  now: number,
): boolean {
  return MaxPasswordAge > 0 && now >= Number(password_set_at) + MaxPasswordAge * DAY_MS;
}
