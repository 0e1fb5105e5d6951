import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import {
  attachmentsOfPolicy,
  deleteAttachment,
  groupPrincipal,
  insertAttachment,
  policiesAttachedTo,
  rolePrincipal,
  userPrincipal,
} from '../attachments.js';
import { type EntityKind, ramErrors } from '../errors.js';
import { groupName, policyName, roleName, userName } from '../fields.js';
import { requireGroup } from '../groups/group-rows.js';
import { RAM_LIMITS } from '../limits.js';
import type { RamParts } from '../ram-parts.js';
import { requireRole } from '../roles/role-rows.js';
import { accountOf, ramOperation } from '../rows.js';
import { requireUser } from '../users/user-rows.js';
import { policyResource } from './policy-operations.js';
import { policyNameOf, requirePolicy } from './policy-rows.js';
import { showPolicy } from './show-policy.js';

/** What differs between users, groups and roles. */
interface Holder {
  readonly kind: 'User' | 'Group' | 'Role';
  readonly name: z.ZodType<string>;
  readonly customPolicies: number;
  readonly entity: Extract<EntityKind, `${string}.Policy`>;
  /** @returns the principal of attachments */
  find(db: Queryable, accountId: string, name: string): Promise<string>;
}

const HOLDERS: readonly Holder[] = [
  {
    kind: 'User',
    name: userName,
    customPolicies: RAM_LIMITS.customPoliciesOfUser,
    entity: 'User.Policy',
    find: async (db, account, name) => userPrincipal((await requireUser(db, account, name)).user_id),
  },
  {
    kind: 'Group',
    name: groupName,
    customPolicies: RAM_LIMITS.customPoliciesOfGroupOrRole,
    entity: 'Group.Policy',
    find: async (db, account, name) => groupPrincipal((await requireGroup(db, account, name)).group_id),
  },
  {
    kind: 'Role',
    name: roleName,
    customPolicies: RAM_LIMITS.customPoliciesOfGroupOrRole,
    entity: 'Role.Policy',
    find: async (db, account, name) => rolePrincipal((await requireRole(db, account, name)).role_id),
  },
];

const named = { PolicyType: z.enum(['System', 'Custom']), PolicyName: policyName };

/** Attach, detach and list for users, groups and roles; ListEntitiesForPolicy. Reference: ram-sts 2.2. */
export function attachmentOperations(parts: RamParts): readonly Operation[] {
  return [...HOLDERS.flatMap((holder) => operationsOf(holder, parts)), listEntitiesForPolicy(parts)];
}

function operationsOf(holder: Holder, { db, clock }: RamParts): readonly Operation[] {
  const { kind, entity } = holder;
  const member = `${kind}Name`;
  const input = z.object({ ...named, [member]: holder.name });
  type Input = { PolicyType: 'System' | 'Custom'; PolicyName: string };
  const nameOf = (given: object): string => (given as Record<string, string>)[member] as string;
  const resource = (given: object): string => `${kind.toLowerCase()}/${nameOf(given)}`;
  const both = (given: Input) => [resource(given), policyResource(given)];

  return [
    ramOperation<Input>({
      name: `AttachPolicyTo${kind}`,
      description: `Attaches a policy to a ${kind.toLowerCase()}; counts from the next request on.`,
      input: input as unknown as z.ZodType<Input>,
      resource: both,
      async handle(given, call) {
        const account = accountOf(call);
        const policy = policyNameOf(account, given.PolicyType, given.PolicyName);
        await transact(db, async (transaction) => {
          const principal = await holder.find(transaction, account, nameOf(given));
          await requirePolicy(transaction, policy);
          const there = await policiesAttachedTo(transaction, principal);
          if (there.some((row) => row.owner === policy.owner && row.policy_name === policy.name)) {
            throw ramErrors.exists(entity, policy.name);
          }
          const most = given.PolicyType === 'System' ? RAM_LIMITS.systemPolicies : holder.customPolicies;
          if (there.filter((row) => row.owner === policy.owner).length >= most) throw ramErrors.limit(entity, most);
          await insertAttachment(transaction, principal, policy, clock.now());
        });
        return {};
      },
    }),

    ramOperation<Input>({
      name: `DetachPolicyFrom${kind}`,
      description: `Detaches a policy from a ${kind.toLowerCase()}; counts from the next request on.`,
      input: input as unknown as z.ZodType<Input>,
      resource: both,
      async handle(given, call) {
        const account = accountOf(call);
        const policy = policyNameOf(account, given.PolicyType, given.PolicyName);
        await transact(db, async (transaction) => {
          const principal = await holder.find(transaction, account, nameOf(given));
          const there = await policiesAttachedTo(transaction, principal);
          if (!there.some((row) => row.owner === policy.owner && row.policy_name === policy.name)) {
            throw ramErrors.notExist(entity, policy.name);
          }
          await deleteAttachment(transaction, principal, policy);
        });
        return {};
      },
    }),

    ramOperation({
      name: `ListPoliciesFor${kind}`,
      description: `Lists the policies attached to a ${kind.toLowerCase()} itself.`,
      input: z.object({ [member]: holder.name }),
      resource,
      async handle(given, call) {
        const rows = await policiesAttachedTo(db, await holder.find(db, accountOf(call), nameOf(given)));
        return {
          Policies: {
            Policy: rows.map((row) => {
              const { PolicyName, PolicyType, Description, DefaultVersion } = showPolicy(row);
              return { PolicyName, PolicyType, Description, DefaultVersion, AttachDate: formatIso(row.attached_at) };
            }),
          },
        };
      },
    }),
  ];
}

function listEntitiesForPolicy({ db }: RamParts): Operation {
  return ramOperation({
    name: 'ListEntitiesForPolicy',
    description: 'Lists the users, groups and roles of the account that a policy is attached to.',
    input: z.object(named),
    resource: policyResource,
    async handle(given, call) {
      const account = accountOf(call);
      const policy = policyNameOf(account, given.PolicyType, given.PolicyName);
      await requirePolicy(db, policy);
      const { users, groups, roles } = await attachmentsOfPolicy(db, policy, account);
      return {
        Users: {
          User: users.map((row) => ({
            UserId: row.user_id,
            UserName: row.user_name,
            DisplayName: row.display_name,
            AttachDate: formatIso(row.attached_at),
          })),
        },
        Groups: {
          Group: groups.map((row) => ({
            GroupId: row.group_id,
            GroupName: row.group_name,
            Comments: row.comments,
            AttachDate: formatIso(row.attached_at),
          })),
        },
        Roles: {
          Role: roles.map((row) => ({
            RoleId: row.role_id,
            RoleName: row.role_name,
            Arn: `acs:ram::${account}:role/${row.role_name}`,
            Description: row.description,
            AttachDate: formatIso(row.attached_at),
          })),
        },
      };
    },
  });
}
