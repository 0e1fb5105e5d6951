import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { accountAlias } from '../fields.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { accountWithSetting, deleteAccountSetting, findAccountSetting, putAccountSetting } from './account-settings.js';

/** SetAccountAlias, GetAccountAlias, ClearAccountAlias: a name to log in under instead of the account id. */
export function accountAliasOperations({ db }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'SetAccountAlias',
      description: 'Gives the account a name, in place of the one it had.',
      input: z.object({ AccountAlias: accountAlias }),
      resource: () => '*',
      async handle({ AccountAlias }, call) {
        const account = accountOf(call);
        await transact(db, async (transaction) => {
          const holder = await accountWithSetting(transaction, 'alias', AccountAlias);
          if (holder !== undefined && holder !== account) throw ramErrors.exists('AccountAlias', AccountAlias);
          await putAccountSetting(transaction, account, 'alias', AccountAlias);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'GetAccountAlias',
      description: 'Shows the name of the account; empty when it has none.',
      input: z.object({}),
      resource: () => '*',
      handle: async (_given, call) => ({
        AccountAlias: (await findAccountSetting(db, accountOf(call), 'alias')) ?? '',
      }),
    }),

    ramOperation({
      name: 'ClearAccountAlias',
      description: 'Takes the name of the account away.',
      input: z.object({}),
      resource: () => '*',
      async handle(_given, call) {
        await transact(db, (transaction) => deleteAccountSetting(transaction, accountOf(call), 'alias'));
        return {};
      },
    }),
  ];
}
