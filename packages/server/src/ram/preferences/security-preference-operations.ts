import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { count, trueOrFalse } from '../fields.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { putAccountSetting } from './account-settings.js';
import { parseNetworkMasks } from './network-masks.js';
import { type SecurityPreference, securityPreferenceOf, showSecurityPreference } from './security-preference.js';

const LONGEST_SESSION_HOURS = 24;

/** SetSecurityPreference, GetSecurityPreference. Reference: ram-sts 2.2. */
export function securityPreferenceOperations({ db }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'SetSecurityPreference',
      description: 'Sets what users may do for themselves, and how they log in. What is not given stays as it was.',
      input: z.object({
        EnableSaveMFATicket: trueOrFalse.optional(),
        AllowUserToChangePassword: trueOrFalse.optional(),
        AllowUserToManageAccessKeys: trueOrFalse.optional(),
        AllowUserToManageMFADevices: trueOrFalse.optional(),
        AllowUserToManagePublicKeys: trueOrFalse.optional(),
        LoginSessionDuration: count.optional(),
        LoginNetworkMasks: z
          .string()
          .refine((text) => parseNetworkMasks(text) !== undefined)
          .optional(),
      }),
      resource: () => '*',
      async handle(given, call) {
        const { LoginSessionDuration: hours } = given;
        if (hours !== undefined && (hours < 1 || hours > LONGEST_SESSION_HOURS)) {
          throw ramErrors.range('LoginSessionDuration', 1, LONGEST_SESSION_HOURS);
        }
        const account = accountOf(call);
        const chosen = await transact(db, async (transaction) => {
          const now = await securityPreferenceOf(transaction, account);
          const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
          const changed: SecurityPreference = { ...now, ...changes };
          await putAccountSetting(transaction, account, 'security-preference', changed);
          return changed;
        });
        return { SecurityPreference: showSecurityPreference(chosen) };
      },
    }),

    ramOperation({
      name: 'GetSecurityPreference',
      description: 'Shows what users may do for themselves, and how they log in.',
      input: z.object({}),
      resource: () => '*',
      handle: async (_given, call) => ({
        SecurityPreference: showSecurityPreference(await securityPreferenceOf(db, accountOf(call))),
      }),
    }),
  ];
}
