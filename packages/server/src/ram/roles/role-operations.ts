import { formatIso, roleArn } from '@sluice/wire';
import { z } from 'zod';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { attachmentsOf, rolePrincipal } from '../attachments.js';
import { ramErrors } from '../errors.js';
import { description, page, roleName } from '../fields.js';
import { numericId } from '../ids.js';
import { RAM_LIMITS } from '../limits.js';
import { pageOf, readPage } from '../paging.js';
import { checkDocument } from '../policies/policy-documents.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { tagFilter, tagged, tagsParameter } from '../tags/tag-parameters.js';
import { deleteTagsOf, setTags, showTags, tagsOf } from '../tags/tag-rows.js';
import {
  countRoles,
  deleteRoleRow,
  findRole,
  insertRole,
  pageOfRoles,
  type Role,
  requireRole,
  updateRole,
} from './role-rows.js';
import { checkTrustedPrincipals } from './trusted-principals.js';

const DEFAULT_SESSION_SECONDS = 3600;

/** Seconds. */
const sessionDuration = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .pipe(z.number().min(3600).max(43_200));

/** CreateRole, GetRole, UpdateRole, ListRoles, DeleteRole. Reference: ram-sts 2.2, 2.6. */
export function roleOperations({ db, clock, random }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'CreateRole',
      description: 'Creates a role. Its trust policy says who may assume it, its other policies what it may do.',
      input: tagged({
        RoleName: roleName,
        AssumeRolePolicyDocument: z.string(),
        Description: description.optional(),
        MaxSessionDuration: sessionDuration.optional(),
        Tag: tagsParameter.optional(),
      }),
      resource: () => 'role/*',
      async handle(given, call) {
        const account = accountOf(call);
        const trust = checkDocument(given.AssumeRolePolicyDocument, 'trust', 'AssumeRolePolicyDocument');
        const now = clock.now();
        const role: Role = {
          role_id: numericId(random),
          account_id: account,
          role_name: given.RoleName,
          description: given.Description ?? '',
          trust_policy: given.AssumeRolePolicyDocument,
          max_session_duration: given.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
          created_at: now,
          updated_at: now,
        };
        await transact(db, async (transaction) => {
          if (await findRole(transaction, account, role.role_name)) throw ramErrors.exists('Role', role.role_name);
          if ((await countRoles(transaction, account)) >= RAM_LIMITS.roles) {
            throw ramErrors.limit('Role', RAM_LIMITS.roles);
          }
          await checkTrustedPrincipals(transaction, account, trust);
          await insertRole(transaction, role);
          await setTags(transaction, { accountId: account, type: 'role', id: role.role_id }, given.Tag ?? []);
        });
        return { Role: showRole(role) };
      },
    }),

    ramOperation({
      name: 'GetRole',
      description: 'Shows a role with its trust policy.',
      input: z.object({ RoleName: roleName }),
      resource: ({ RoleName }) => `role/${RoleName}`,
      async handle({ RoleName }, call) {
        return { Role: showRoleInFull(await requireRole(db, accountOf(call), RoleName)) };
      },
    }),

    ramOperation({
      name: 'UpdateRole',
      description: 'Changes the trust policy, the description or the longest session of a role. Live tokens stay.',
      input: z.object({
        RoleName: roleName,
        NewAssumeRolePolicyDocument: z.string().optional(),
        NewDescription: description.optional(),
        NewMaxSessionDuration: sessionDuration.optional(),
      }),
      resource: ({ RoleName }) => `role/${RoleName}`,
      async handle(given, call) {
        const account = accountOf(call);
        const document = given.NewAssumeRolePolicyDocument;
        const trust =
          document === undefined ? undefined : checkDocument(document, 'trust', 'NewAssumeRolePolicyDocument');
        const updated = await transact(db, async (transaction) => {
          const role = await requireRole(transaction, account, given.RoleName);
          if (trust) await checkTrustedPrincipals(transaction, account, trust);
          const change = {
            trust_policy: document ?? role.trust_policy,
            description: given.NewDescription ?? role.description,
            max_session_duration: given.NewMaxSessionDuration ?? role.max_session_duration,
            updated_at: clock.now(),
          };
          await updateRole(transaction, role.role_id, change);
          return { ...role, ...change };
        });
        return { Role: showRoleInFull(updated) };
      },
    }),

    ramOperation({
      name: 'ListRoles',
      description: 'Lists the roles of the account, by name, without their trust policies.',
      input: tagged({ Tag: tagFilter.optional(), ...page() }),
      resource: () => 'role/*',
      async handle(given, call) {
        const asked = readPage(given);
        const rows = await pageOfRoles(db, accountOf(call), asked, given.Tag);
        const { shown, paging } = pageOf(rows, asked, (role) => role.role_name);
        const tags = await tagsOf(
          db,
          { accountId: accountOf(call), type: 'role' },
          shown.map((role) => role.role_id),
        );
        const brief = shown.map((role) => {
          const { AssumeRolePolicyDocument: _, ...rest } = showRoleInFull(role);
          return { ...rest, Tags: showTags(tags.get(role.role_id)) };
        });
        return { ...paging, Roles: { Role: brief } };
      },
    }),

    ramOperation({
      name: 'DeleteRole',
      description:
        'Deletes a role that has no policies any more. Its tokens are dead at once, also under the same name made anew.',
      input: z.object({ RoleName: roleName }),
      resource: ({ RoleName }) => `role/${RoleName}`,
      async handle({ RoleName }, call) {
        await transact(db, async (transaction) => {
          const { role_id, account_id } = await requireRole(transaction, accountOf(call), RoleName);
          const policies = await attachmentsOf(transaction, rolePrincipal(role_id));
          if (policies.length > 0) {
            throw ramErrors.conflict(
              'Role.Policy',
              policies.map((policy) => policy.policy_name),
            );
          }
          await deleteTagsOf(transaction, { accountId: account_id, type: 'role', id: role_id });
          await deleteRoleRow(transaction, role_id);
        });
        return {};
      },
    }),
  ];
}

const showRole = (role: Role) => ({
  RoleId: role.role_id,
  RoleName: role.role_name,
  Arn: roleArn(role.account_id, role.role_name),
  Description: role.description,
  AssumeRolePolicyDocument: role.trust_policy,
  MaxSessionDuration: role.max_session_duration,
  CreateDate: formatIso(role.created_at),
});

const showRoleInFull = (role: Role) => ({ ...showRole(role), UpdateDate: formatIso(role.updated_at) });
