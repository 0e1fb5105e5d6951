import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { count, trueOrFalse } from '../fields.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { putAccountSetting } from './account-settings.js';
import {
  DEFAULT_PASSWORD_POLICY,
  PASSWORD_POLICY_RANGES,
  type PasswordPolicy,
  passwordPolicyOf,
} from './password-policy.js';

/** SetPasswordPolicy, GetPasswordPolicy. Reference: ram-sts 2.2. */
export function passwordPolicyOperations({ db }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'SetPasswordPolicy',
      description: 'Sets what is asked of new passwords. What is not given takes its default, not what it was.',
      input: z.object({
        MinimumPasswordLength: count.optional(),
        RequireLowercaseCharacters: trueOrFalse.optional(),
        RequireUppercaseCharacters: trueOrFalse.optional(),
        RequireNumbers: trueOrFalse.optional(),
        RequireSymbols: trueOrFalse.optional(),
        HardExpiry: trueOrFalse.optional(),
        MaxPasswordAge: count.optional(),
        PasswordReusePrevention: count.optional(),
        MaxLoginAttemps: count.optional(),
      }),
      resource: () => '*',
      async handle(given, call) {
        const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
        const policy: PasswordPolicy = { ...DEFAULT_PASSWORD_POLICY, ...chosen };
        for (const [name, [least, most]] of Object.entries(PASSWORD_POLICY_RANGES)) {
          const value = policy[name as keyof typeof PASSWORD_POLICY_RANGES];
          if (value < least || value > most) throw ramErrors.range(name, least, most);
        }
        await transact(db, (transaction) => putAccountSetting(transaction, accountOf(call), 'password-policy', policy));
        return { PasswordPolicy: policy };
      },
    }),

    ramOperation({
      name: 'GetPasswordPolicy',
      description: 'Shows what is asked of passwords.',
      input: z.object({}),
      resource: () => '*',
      handle: async (_given, call) => ({ PasswordPolicy: await passwordPolicyOf(db, accountOf(call)) }),
    }),
  ];
}
