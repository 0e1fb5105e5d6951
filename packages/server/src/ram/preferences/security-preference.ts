import type { Queryable } from '../../db/schema.js';
import type { Call } from '../../rpc/operation.js';
import { findAccountSetting } from './account-settings.js';

/** What an account lets its users do, and how they log in. */
export interface SecurityPreference {
  /** A device that gave a code is not asked for another one for seven days. */
  readonly EnableSaveMFATicket: boolean;
  readonly AllowUserToChangePassword: boolean;
  readonly AllowUserToManageAccessKeys: boolean;
  readonly AllowUserToManageMFADevices: boolean;
  /** Kept for the client; there are no public keys here. */
  readonly AllowUserToManagePublicKeys: boolean;
  /** Hours, 1 to 24. */
  readonly LoginSessionDuration: number;
  /** CIDR blocks separated by `;`; empty: from everywhere. */
  readonly LoginNetworkMasks: string;
}

export const DEFAULT_SECURITY_PREFERENCE: SecurityPreference = {
  EnableSaveMFATicket: false,
  AllowUserToChangePassword: true,
  AllowUserToManageAccessKeys: false,
  AllowUserToManageMFADevices: true,
  AllowUserToManagePublicKeys: false,
  LoginSessionDuration: 6,
  LoginNetworkMasks: '',
};

export async function securityPreferenceOf(db: Queryable, accountId: string): Promise<SecurityPreference> {
  const chosen = await findAccountSetting(db, accountId, 'security-preference');
  return { ...DEFAULT_SECURITY_PREFERENCE, ...(chosen as Partial<SecurityPreference> | undefined) };
}

/** As answers show it. */
export const showSecurityPreference = (chosen: SecurityPreference) => ({
  LoginProfilePreference: {
    EnableSaveMFATicket: chosen.EnableSaveMFATicket,
    AllowUserToChangePassword: chosen.AllowUserToChangePassword,
    LoginSessionDuration: chosen.LoginSessionDuration,
    LoginNetworkMasks: chosen.LoginNetworkMasks,
  },
  AccessKeyPreference: { AllowUserToManageAccessKeys: chosen.AllowUserToManageAccessKeys },
  MFAPreference: { AllowUserToManageMFADevices: chosen.AllowUserToManageMFADevices },
  PublicKeyPreference: { AllowUserToManagePublicKeys: chosen.AllowUserToManagePublicKeys },
});

type Liberty = 'AllowUserToChangePassword' | 'AllowUserToManageAccessKeys' | 'AllowUserToManageMFADevices';

/**
 * For {@link RamRow.selfService}: a user that asks about itself, in an account that grants this to its users.
 * @param UserName whom the call is about; absent: the caller
 */
export async function mayManageOwn(
  db: Queryable,
  liberty: Liberty,
  { UserName }: { readonly UserName?: string | undefined },
  { principal }: Pick<Call, 'principal'>,
): Promise<boolean> {
  if (principal.kind !== 'user' || (UserName ?? principal.userName) !== principal.userName) return false;
  return (await securityPreferenceOf(db, principal.accountId))[liberty];
}
