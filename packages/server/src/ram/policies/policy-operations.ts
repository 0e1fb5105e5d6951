import { formatIso } from '@sluice/wire';
import { z } from 'zod';
import type { Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { attachmentsOfPolicy, countAttachments } from '../attachments.js';
import { type ConflictKind, ramErrors } from '../errors.js';
import { description, page, policyName, trueOrFalse } from '../fields.js';
import { RAM_LIMITS } from '../limits.js';
import { pageOf, readPage } from '../paging.js';
import type { RamParts } from '../ram-parts.js';
import { accountOf, ramOperation } from '../rows.js';
import { SYSTEM_POLICY_OWNER } from '../system-policies.js';
import { tagFilter, tagged, tagsParameter } from '../tags/tag-parameters.js';
import { deleteTagsOf, setTags, showTags, tagsOf } from '../tags/tag-rows.js';
import { checkDocument } from './policy-documents.js';
import {
  countPolicies,
  deletePolicyRows,
  deleteVersionRow,
  findPolicy,
  insertPolicy,
  insertVersion,
  type PolicyName,
  type PolicyRow,
  pageOfPolicies,
  policyNameOf,
  requirePolicy,
  requireVersion,
  updatePolicy,
  versionsOf,
} from './policy-rows.js';
import { showPolicy, showPolicyInFull, showVersion } from './show-policy.js';

const PolicyType = z.enum(['System', 'Custom']);
const PolicyDocument = z.string();
const VersionId = z
  .string()
  .regex(/^v[1-9]\d{0,8}$/)
  .transform((text) => Number(text.slice(1)));

/** The resource of a policy of one's own. */
const own = ({ PolicyName: name }: { PolicyName: string }): string => `policy/${name}`;
/** The resource of a policy of either type. */
export const policyResource = (given: { PolicyName: string; PolicyType: 'System' | 'Custom' }): string =>
  given.PolicyType === 'System' ? `system:policy/${given.PolicyName}` : own(given);

/** Policies and their versions. Reference: ram-sts 2.2. */
export function policyOperations({ db, clock }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'CreatePolicy',
      description: 'Creates a custom policy with its first version.',
      input: tagged({
        PolicyName: policyName,
        PolicyDocument,
        Description: description.optional(),
        Tag: tagsParameter.optional(),
      }),
      resource: () => 'policy/*',
      async handle(given, call) {
        checkDocument(given.PolicyDocument, 'identity', 'PolicyDocument');
        const now = clock.now();
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        const row: PolicyRow = {
          owner: name.owner,
          policy_name: name.name,
          description: given.Description ?? '',
          document: given.PolicyDocument,
          default_version: 1,
          newest_version: 1,
          created_at: now,
          updated_at: now,
        };
        await transact(db, async (transaction) => {
          // Nor under the name of a system policy: lists and denials would show two of it.
          for (const owner of [name.owner, SYSTEM_POLICY_OWNER]) {
            if (await findPolicy(transaction, { ...name, owner })) throw ramErrors.exists('Policy', name.name);
          }
          if ((await countPolicies(transaction, name.owner)) >= RAM_LIMITS.customPolicies) {
            throw ramErrors.limit('Policy', RAM_LIMITS.customPolicies);
          }
          await insertPolicy(transaction, row);
          await insertVersion(transaction, versionRow(name, 1, given.PolicyDocument, now));
          await setTags(transaction, { accountId: name.owner, type: 'policy', id: name.name }, given.Tag ?? []);
        });
        return { Policy: showPolicy(row) };
      },
    }),

    ramOperation({
      name: 'GetPolicy',
      description: 'Shows a policy with the document of its default version.',
      input: z.object({ PolicyName: policyName, PolicyType }),
      resource: policyResource,
      async handle(given, call) {
        const name = policyNameOf(accountOf(call), given.PolicyType, given.PolicyName);
        const row = await requirePolicy(db, name);
        const version = await requireVersion(db, name, row.default_version);
        return {
          Policy: showPolicyInFull(row, await countAttachments(db, name, accountOf(call))),
          DefaultPolicyVersion: showVersion(version, row.default_version),
        };
      },
    }),

    ramOperation({
      name: 'ListPolicies',
      description: 'Lists custom and system policies, by name.',
      input: tagged({ PolicyType: PolicyType.optional(), Tag: tagFilter.optional(), ...page() }),
      resource: () => 'policy/*',
      async handle({ PolicyType: type, ...given }, call) {
        const account = accountOf(call);
        const owners = [...(type === 'System' ? [] : [account]), ...(type === 'Custom' ? [] : [SYSTEM_POLICY_OWNER])];
        const asked = readPage(given);
        const [after = '', owner = ''] = asked.after.split('/');
        const rows = await pageOfPolicies(db, owners, { owner, name: after }, asked.limit, given.Tag);
        const { shown, paging } = pageOf(rows, asked, (row) => `${row.policy_name}/${row.owner}`);
        const custom = shown.filter((row) => row.owner === account).map((row) => row.policy_name);
        const tags = await tagsOf(db, { accountId: account, type: 'policy' }, custom);
        const policies = [];
        for (const row of shown) {
          const count = await countAttachments(db, { owner: row.owner, name: row.policy_name }, account);
          const own = row.owner === account ? tags.get(row.policy_name) : undefined;
          policies.push({ ...showPolicyInFull(row, count), Tags: showTags(own) });
        }
        return { ...paging, Policies: { Policy: policies } };
      },
    }),

    ramOperation({
      name: 'UpdatePolicyDescription',
      description: 'Changes the description of a custom policy; its versions and attachments stay.',
      input: z.object({ PolicyName: policyName, NewDescription: description }),
      resource: own,
      async handle(given, call) {
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        const change = { description: given.NewDescription, updated_at: clock.now() };
        const updated = await transact(db, async (transaction) => {
          const row = await requireCustom(transaction, name);
          await updatePolicy(transaction, name, change);
          return { ...row, ...change };
        });
        return { Policy: { ...showPolicy(updated), UpdateDate: formatIso(updated.updated_at) } };
      },
    }),

    ramOperation({
      name: 'CreatePolicyVersion',
      description: 'Adds a version to a custom policy, and makes it the default one if that is asked for.',
      input: z.object({
        PolicyName: policyName,
        PolicyDocument,
        SetAsDefault: trueOrFalse.optional(),
        RotateStrategy: z.enum(['None', 'DeleteOldestNonDefaultVersionWhenLimitExceeded']).optional(),
      }),
      resource: own,
      async handle(given, call) {
        checkDocument(given.PolicyDocument, 'identity', 'PolicyDocument');
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        const now = clock.now();
        const { made, defaultVersion } = await transact(db, async (transaction) => {
          const row = await requireCustom(transaction, name);
          const versions = await versionsOf(transaction, name);
          if (versions.length >= RAM_LIMITS.versionsPerPolicy) {
            const oldest = versions.find(({ version }) => version !== row.default_version);
            if (given.RotateStrategy !== 'DeleteOldestNonDefaultVersionWhenLimitExceeded' || !oldest) {
              throw ramErrors.limit('Policy.Version', RAM_LIMITS.versionsPerPolicy);
            }
            await deleteVersionRow(transaction, name, oldest.version);
          }
          const made = versionRow(name, row.newest_version + 1, given.PolicyDocument, now);
          await insertVersion(transaction, made);
          await updatePolicy(transaction, name, { newest_version: made.version, updated_at: now });
          if (given.SetAsDefault !== true) return { made, defaultVersion: row.default_version };
          await updatePolicy(transaction, name, { default_version: made.version, document: made.document });
          return { made, defaultVersion: made.version };
        });
        return { PolicyVersion: showVersion(made, defaultVersion) };
      },
    }),

    ramOperation({
      name: 'GetPolicyVersion',
      description: 'Shows one version of a policy.',
      input: z.object({ PolicyName: policyName, PolicyType, VersionId }),
      resource: policyResource,
      async handle(given, call) {
        const name = policyNameOf(accountOf(call), given.PolicyType, given.PolicyName);
        const { default_version } = await requirePolicy(db, name);
        return { PolicyVersion: showVersion(await requireVersion(db, name, given.VersionId), default_version) };
      },
    }),

    ramOperation({
      name: 'ListPolicyVersions',
      description: 'Lists the versions of a policy, oldest first.',
      input: z.object({ PolicyName: policyName, PolicyType }),
      resource: policyResource,
      async handle(given, call) {
        const name = policyNameOf(accountOf(call), given.PolicyType, given.PolicyName);
        const { default_version } = await requirePolicy(db, name);
        const versions = await versionsOf(db, name);
        return { PolicyVersions: { PolicyVersion: versions.map((each) => showVersion(each, default_version)) } };
      },
    }),

    ramOperation({
      name: 'SetDefaultPolicyVersion',
      description: 'Makes another version of a custom policy the one that counts, from the next request on.',
      input: z.object({ PolicyName: policyName, VersionId }),
      resource: own,
      async handle(given, call) {
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        await transact(db, async (transaction) => {
          await requireCustom(transaction, name);
          const { version, document } = await requireVersion(transaction, name, given.VersionId);
          await updatePolicy(transaction, name, { default_version: version, document, updated_at: clock.now() });
        });
        return {};
      },
    }),

    ramOperation({
      name: 'DeletePolicyVersion',
      description: 'Deletes a version of a custom policy that is not the default one.',
      input: z.object({ PolicyName: policyName, VersionId }),
      resource: own,
      async handle(given, call) {
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        await transact(db, async (transaction) => {
          const row = await requireCustom(transaction, name);
          const { version } = await requireVersion(transaction, name, given.VersionId);
          if (version === row.default_version) throw ramErrors.conflict('Policy.Version.Default', [`v${version}`]);
          await deleteVersionRow(transaction, name, version);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'DeletePolicy',
      description: 'Deletes a custom policy that is attached to nobody; its other versions go first or with it.',
      input: z.object({ PolicyName: policyName, CascadingDelete: trueOrFalse.optional() }),
      resource: own,
      async handle(given, call) {
        const name: PolicyName = { owner: accountOf(call), name: given.PolicyName };
        await transact(db, async (transaction) => {
          await requireCustom(transaction, name);
          const holders = await attachmentsOfPolicy(transaction, name);
          for (const [kind, names] of holdersByKind(holders)) throw ramErrors.conflict(kind, names);
          const versions = await versionsOf(transaction, name);
          if (versions.length > 1 && given.CascadingDelete !== true) {
            throw ramErrors.conflict(
              'Policy.Version',
              versions.map(({ version }) => `v${version}`),
            );
          }
          await deleteTagsOf(transaction, { accountId: name.owner, type: 'policy', id: name.name });
          await deletePolicyRows(transaction, name);
        });
        return {};
      },
    }),
  ];
}

const versionRow = ({ owner, name }: PolicyName, version: number, document: string, now: number) => ({
  owner,
  policy_name: name,
  version,
  document,
  created_at: now,
});

/** System policies are read by everybody and changed by nobody. */
const requireCustom = (db: Queryable, name: PolicyName): Promise<PolicyRow> => requirePolicy(db, name);

function holdersByKind(
  holders: Awaited<ReturnType<typeof attachmentsOfPolicy>>,
): readonly (readonly [ConflictKind, readonly string[]])[] {
  const kinds = [
    ['Policy.User', holders.users.map((user) => user.user_name)],
    ['Policy.Group', holders.groups.map((group) => group.group_name)],
    ['Policy.Role', holders.roles.map((role) => role.role_name)],
  ] as const;
  return kinds.filter(([, names]) => names.length > 0);
}
