import type { Queryable, RolesTable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import type { Page } from '../paging.js';
import { hasTags, type TagFilter } from '../tags/tag-rows.js';

export type Role = Readonly<RolesTable>;

export async function findRole(db: Queryable, accountId: string, name: string): Promise<Role | undefined> {
  return db
    .selectFrom('roles')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('role_name', '=', name)
    .executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.Role` */
export async function requireRole(db: Queryable, accountId: string, name: string): Promise<Role> {
  const role = await findRole(db, accountId, name);
  if (!role) throw ramErrors.notExist('Role', name);
  return role;
}

export async function insertRole(db: Queryable, role: Role): Promise<void> {
  await db.insertInto('roles').values(role).execute();
}

export async function updateRole(
  db: Queryable,
  roleId: string,
  change: Pick<Role, 'description' | 'trust_policy' | 'max_session_duration' | 'updated_at'>,
): Promise<void> {
  await db.updateTable('roles').set(change).where('role_id', '=', roleId).execute();
}

export async function deleteRoleRow(db: Queryable, roleId: string): Promise<void> {
  await db.deleteFrom('roles').where('role_id', '=', roleId).execute();
}

export async function countRoles(db: Queryable, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('roles')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One more than the page holds, if there are as many; by name. */
export async function pageOfRoles(
  db: Queryable,
  accountId: string,
  { after, limit }: Page,
  tags: readonly TagFilter[] = [],
): Promise<readonly Role[]> {
  return db
    .selectFrom('roles')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('role_name', '>', after)
    .where(hasTags(tags, 'role', 'roles.role_id', 'roles.account_id'))
    .orderBy('role_name')
    .limit(limit + 1)
    .execute();
}
