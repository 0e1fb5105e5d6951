import type { PoliciesTable, PolicyVersionsTable, Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { SYSTEM_POLICY_OWNER } from '../system-policies.js';
import { hasTags, type TagFilter } from '../tags/tag-rows.js';

export type PolicyRow = Readonly<PoliciesTable>;
export type PolicyVersion = Readonly<PolicyVersionsTable>;
export type PolicyType = 'System' | 'Custom';

/** A policy is named by whose it is and what it is called. */
export interface PolicyName {
  /** The account, or {@link SYSTEM_POLICY_OWNER}. */
  readonly owner: string;
  readonly name: string;
}

export const policyNameOf = (accountId: string, type: PolicyType, name: string): PolicyName => ({
  owner: type === 'System' ? SYSTEM_POLICY_OWNER : accountId,
  name,
});
export const policyTypeOf = (owner: string): PolicyType => (owner === SYSTEM_POLICY_OWNER ? 'System' : 'Custom');

export async function findPolicy(db: Queryable, { owner, name }: PolicyName): Promise<PolicyRow | undefined> {
  return db
    .selectFrom('policies')
    .selectAll()
    .where('owner', '=', owner)
    .where('policy_name', '=', name)
    .executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.Policy` */
export async function requirePolicy(db: Queryable, policy: PolicyName): Promise<PolicyRow> {
  const row = await findPolicy(db, policy);
  if (!row) throw ramErrors.notExist('Policy', policy.name);
  return row;
}

export async function insertPolicy(db: Queryable, row: PolicyRow): Promise<void> {
  await db.insertInto('policies').values(row).execute();
}

export async function updatePolicy(
  db: Queryable,
  { owner, name }: PolicyName,
  change: Partial<Omit<PolicyRow, 'owner' | 'policy_name'>>,
): Promise<void> {
  await db.updateTable('policies').set(change).where('owner', '=', owner).where('policy_name', '=', name).execute();
}

/** The policy and all of its versions. */
export async function deletePolicyRows(db: Queryable, { owner, name }: PolicyName): Promise<void> {
  await db.deleteFrom('policy_versions').where('owner', '=', owner).where('policy_name', '=', name).execute();
  await db.deleteFrom('policies').where('owner', '=', owner).where('policy_name', '=', name).execute();
}

export async function countPolicies(db: Queryable, owner: string): Promise<number> {
  const { count } = await db
    .selectFrom('policies')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('owner', '=', owner)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One more than `limit`, if there are as many; by name, then owner. */
export async function pageOfPolicies(
  db: Queryable,
  owners: readonly string[],
  after: PolicyName,
  limit: number,
  tags: readonly TagFilter[] = [],
): Promise<readonly PolicyRow[]> {
  return db
    .selectFrom('policies')
    .selectAll()
    .where('owner', 'in', owners)
    .where((e) =>
      e.or([
        e('policy_name', '>', after.name),
        e.and([e('policy_name', '=', after.name), e('owner', '>', after.owner)]),
      ]),
    )
    .where(hasTags(tags, 'policy', 'policies.policy_name', 'policies.owner'))
    .orderBy('policy_name')
    .orderBy('owner')
    .limit(limit + 1)
    .execute();
}

/** Oldest first. */
export async function versionsOf(db: Queryable, { owner, name }: PolicyName): Promise<readonly PolicyVersion[]> {
  return db
    .selectFrom('policy_versions')
    .selectAll()
    .where('owner', '=', owner)
    .where('policy_name', '=', name)
    .orderBy('version')
    .execute();
}

/** @throws RpcError `EntityNotExist.Policy.Version` */
export async function requireVersion(db: Queryable, policy: PolicyName, version: number): Promise<PolicyVersion> {
  const found = (await versionsOf(db, policy)).find((each) => each.version === version);
  if (!found) throw ramErrors.notExist('Policy.Version', `v${version} of ${policy.name}`);
  return found;
}

export async function insertVersion(db: Queryable, row: PolicyVersion): Promise<void> {
  await db.insertInto('policy_versions').values(row).execute();
}

export async function deleteVersionRow(db: Queryable, { owner, name }: PolicyName, version: number): Promise<void> {
  await db
    .deleteFrom('policy_versions')
    .where('owner', '=', owner)
    .where('policy_name', '=', name)
    .where('version', '=', version)
    .execute();
}
