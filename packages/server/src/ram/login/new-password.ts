import type { Database } from '../../db/schema.js';
import { gatewayErrors } from '../../rpc/gateway-errors.js';
import { ramErrors } from '../errors.js';
import { checkStrength, passwordPolicyOf } from '../preferences/password-policy.js';
import { lastPasswords } from './login-profile-rows.js';
import { HashingBusy, type PasswordHashing } from './password-hashing.js';

const BUSY_RETRY_MS = 2_000;

/** Passwords that wait for too many others are answered like every other flood. */
export async function orThrottled<T>(hashing: Promise<T>): Promise<T> {
  try {
    return await hashing;
  } catch (error) {
    throw error instanceof HashingBusy ? gatewayErrors.throttled(BUSY_RETRY_MS) : error;
  }
}

export interface NewPassword {
  readonly accountId: string;
  /** `undefined`: of the account itself, or of a user that never had one. */
  readonly userId: string | undefined;
  readonly password: string;
  /** How refusals call it. */
  readonly parameter: 'Password' | 'NewPassword';
}

/**
 * Outside of every transaction: hashing takes long.
 * @returns the hash of a password that the policy of the account lets pass
 * @throws RpcError `InvalidParameter.….TooWeak`, `InvalidParameter.….ReusePrevention`, `Throttling.User`
 */
export async function acceptPassword(
  { db, hashing }: { readonly db: Database; readonly hashing: PasswordHashing },
  { accountId, userId, password, parameter }: NewPassword,
): Promise<string> {
  const policy = await passwordPolicyOf(db, accountId);
  checkStrength(policy, password, parameter);
  const most = policy.PasswordReusePrevention;
  for (const earlier of userId === undefined ? [] : await lastPasswords(db, userId, most)) {
    if (await orThrottled(hashing.verify(earlier, password))) throw ramErrors.reusedPassword(parameter, most);
  }
  return orThrottled(hashing.hash(password));
}
