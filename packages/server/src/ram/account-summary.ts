import { z } from 'zod';
import type { Queryable } from '../db/schema.js';
import type { Operation } from '../rpc/operation.js';
import { countGroups } from './groups/group-rows.js';
import { RAM_LIMITS } from './limits.js';
import { MAX_DOCUMENT } from './policies/policy-documents.js';
import { countPolicies } from './policies/policy-rows.js';
import type { RamParts } from './ram-parts.js';
import { countRoles } from './roles/role-rows.js';
import { accountOf, ramOperation } from './rows.js';
import { countUsers } from './users/user-rows.js';

/** GetAccountSummary of IMS `2019-08-15`: how much there is, and how much there may be. */
export function getAccountSummary({ db }: Pick<RamParts, 'db'>): Operation {
  return ramOperation({
    api: 'ims',
    name: 'GetAccountSummary',
    description: 'Shows how many users, groups, roles and policies the account has, and how many it may have.',
    input: z.object({}),
    resource: () => '*',
    async handle(_, call) {
      const account = accountOf(call);
      return {
        SummaryMap: {
          Users: await countUsers(db, account),
          UsersQuota: RAM_LIMITS.users,
          Groups: await countGroups(db, account),
          GroupsQuota: RAM_LIMITS.groups,
          Roles: await countRoles(db, account),
          RolesQuota: RAM_LIMITS.roles,
          Policies: await countPolicies(db, account),
          PoliciesQuota: RAM_LIMITS.customPolicies,
          ...(await countDevices(db, account)),
          AccessKeysPerUserQuota: RAM_LIMITS.accessKeysPerUser,
          GroupsPerUserQuota: RAM_LIMITS.groupsPerUser,
          PolicySizeQuota: MAX_DOCUMENT,
          VersionsPerPolicyQuota: RAM_LIMITS.versionsPerPolicy,
          AttachedPoliciesPerUserQuota: RAM_LIMITS.customPoliciesOfUser,
          AttachedPoliciesPerGroupQuota: RAM_LIMITS.customPoliciesOfGroupOrRole,
          AttachedPoliciesPerRoleQuota: RAM_LIMITS.customPoliciesOfGroupOrRole,
          AttachedSystemPoliciesPerUserQuota: RAM_LIMITS.systemPolicies,
          AttachedSystemPoliciesPerGroupQuota: RAM_LIMITS.systemPolicies,
          AttachedSystemPoliciesPerRoleQuota: RAM_LIMITS.systemPolicies,
        },
      };
    },
  });
}

async function countDevices(db: Queryable, accountId: string) {
  const { count, used } = await db
    .selectFrom('mfa_devices')
    .select((e) => [e.fn.countAll<number>().as('count'), e.fn.count<number>('user_id').as('used')])
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return { MFADevices: Number(count), MFADevicesInUse: Number(used) };
}
