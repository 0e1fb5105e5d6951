import type { GroupsTable, PolicyAttachmentsTable, Queryable, RolesTable, UsersTable } from '../db/schema.js';
import type { PolicyName, PolicyRow } from './policies/policy-rows.js';

/** Who a policy can be attached to, as {@link PolicyAttachmentsTable} calls them. */
export const userPrincipal = (userId: string): string => `user:${userId}`;
export const groupPrincipal = (groupId: string): string => `group:${groupId}`;
export const rolePrincipal = (roleId: string): string => `role:${roleId}`;

/** The policies attached to one principal itself, by name. */
export async function attachmentsOf(
  db: Queryable,
  principal: string,
): Promise<readonly Readonly<PolicyAttachmentsTable>[]> {
  return db
    .selectFrom('policy_attachments')
    .selectAll()
    .where('principal', '=', principal)
    .orderBy('policy_owner')
    .orderBy('policy_name')
    .execute();
}

/** The same with the policies themselves. */
export async function policiesAttachedTo(
  db: Queryable,
  principal: string,
): Promise<readonly (PolicyRow & { readonly attached_at: number })[]> {
  return db
    .selectFrom('policy_attachments as a')
    .innerJoin('policies as p', (join) =>
      join.onRef('p.owner', '=', 'a.policy_owner').onRef('p.policy_name', '=', 'a.policy_name'),
    )
    .selectAll('p')
    .select('a.attached_at')
    .where('a.principal', '=', principal)
    .orderBy('p.policy_name')
    .orderBy('p.owner')
    .execute();
}

export async function insertAttachment(
  db: Queryable,
  principal: string,
  { owner, name }: PolicyName,
  now: number,
): Promise<void> {
  await db
    .insertInto('policy_attachments')
    .values({ principal, policy_owner: owner, policy_name: name, attached_at: now })
    .execute();
}

export async function deleteAttachment(db: Queryable, principal: string, { owner, name }: PolicyName): Promise<void> {
  await db
    .deleteFrom('policy_attachments')
    .where('principal', '=', principal)
    .where('policy_owner', '=', owner)
    .where('policy_name', '=', name)
    .execute();
}

type Attached<Row> = Readonly<Row> & { readonly attached_at: number };

export interface PolicyHolders {
  readonly users: readonly Attached<UsersTable>[];
  readonly groups: readonly Attached<GroupsTable>[];
  readonly roles: readonly Attached<RolesTable>[];
}

/**
 * Whom a policy is attached to, each kind by name.
 * @param accountId only those of one account: system policies are everybody's
 */
export async function attachmentsOfPolicy(
  db: Queryable,
  { owner, name }: PolicyName,
  accountId = owner,
): Promise<PolicyHolders> {
  const rows = await db
    .selectFrom('policy_attachments')
    .select(['principal', 'attached_at'])
    .where('policy_owner', '=', owner)
    .where('policy_name', '=', name)
    .execute();
  const since = new Map(rows.map((row) => [row.principal, Number(row.attached_at)]));
  const ids = (kind: string) =>
    rows.flatMap(({ principal }) => (principal.startsWith(`${kind}:`) ? [principal.slice(kind.length + 1)] : []));
  const attached = <Row>(found: readonly Row[], principalOf: (row: Row) => string): Attached<Row>[] =>
    found.map((row) => ({ ...row, attached_at: since.get(principalOf(row)) ?? 0 }));
  const [users, groups, roles] = [ids('user'), ids('group'), ids('role')];
  return {
    users: attached(
      await inSlices(users, (some) =>
        db.selectFrom('users').selectAll().where('account_id', '=', accountId).where('user_id', 'in', some).execute(),
      ),
      (row) => userPrincipal(row.user_id),
    ).sort((a, b) => (a.user_name < b.user_name ? -1 : 1)),
    groups: attached(
      await inSlices(groups, (some) =>
        db.selectFrom('groups').selectAll().where('account_id', '=', accountId).where('group_id', 'in', some).execute(),
      ),
      (row) => groupPrincipal(row.group_id),
    ).sort((a, b) => (a.group_name < b.group_name ? -1 : 1)),
    roles: attached(
      await inSlices(roles, (some) =>
        db.selectFrom('roles').selectAll().where('account_id', '=', accountId).where('role_id', 'in', some).execute(),
      ),
      (row) => rolePrincipal(row.role_id),
    ).sort((a, b) => (a.role_name < b.role_name ? -1 : 1)),
  };
}

export async function countAttachments(db: Queryable, policy: PolicyName, accountId: string): Promise<number> {
  const { users, groups, roles } = await attachmentsOfPolicy(db, policy, accountId);
  return users.length + groups.length + roles.length;
}

/** Databases bound the number of parameters of a statement. */
const AT_ONCE = 500;

async function inSlices<Row>(
  ids: readonly string[],
  find: (some: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (let i = 0; i < ids.length; i += AT_ONCE) found.push(...(await find(ids.slice(i, i + AT_ONCE))));
  return found;
}
