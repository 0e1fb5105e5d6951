import type { GroupsTable, Queryable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import type { Page } from '../paging.js';
import type { User } from '../users/user-rows.js';

export type Group = Readonly<GroupsTable>;

export async function findGroup(db: Queryable, accountId: string, name: string): Promise<Group | undefined> {
  return db
    .selectFrom('groups')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('group_name', '=', name)
    .executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.Group` */
export async function requireGroup(db: Queryable, accountId: string, name: string): Promise<Group> {
  const group = await findGroup(db, accountId, name);
  if (!group) throw ramErrors.notExist('Group', name);
  return group;
}

export async function insertGroup(db: Queryable, group: Group): Promise<void> {
  await db.insertInto('groups').values(group).execute();
}

export async function updateGroup(
  db: Queryable,
  groupId: string,
  change: Pick<Group, 'group_name' | 'comments' | 'updated_at'>,
): Promise<void> {
  await db.updateTable('groups').set(change).where('group_id', '=', groupId).execute();
}

export async function deleteGroupRow(db: Queryable, groupId: string): Promise<void> {
  await db.deleteFrom('groups').where('group_id', '=', groupId).execute();
}

export async function countGroups(db: Queryable, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('groups')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One more than the page holds, if there are as many; by name. */
export async function pageOfGroups(
  db: Queryable,
  accountId: string,
  { after, limit }: Page,
): Promise<readonly Group[]> {
  return db
    .selectFrom('groups')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('group_name', '>', after)
    .orderBy('group_name')
    .limit(limit + 1)
    .execute();
}

export async function groupsOfUser(
  db: Queryable,
  userId: string,
): Promise<readonly (Group & { readonly joined_at: number })[]> {
  return db
    .selectFrom('group_members')
    .innerJoin('groups', 'groups.group_id', 'group_members.group_id')
    .selectAll('groups')
    .select('group_members.joined_at')
    .where('group_members.user_id', '=', userId)
    .orderBy('groups.group_name')
    .execute();
}

/** One more than the page holds, if there are as many; by name. */
export async function pageOfMembers(
  db: Queryable,
  groupId: string,
  { after, limit }: Page,
): Promise<readonly (User & { readonly joined_at: number })[]> {
  return db
    .selectFrom('group_members')
    .innerJoin('users', 'users.user_id', 'group_members.user_id')
    .selectAll('users')
    .select('group_members.joined_at')
    .where('group_members.group_id', '=', groupId)
    .where('users.user_name', '>', after)
    .orderBy('users.user_name')
    .limit(limit + 1)
    .execute();
}

export async function isMember(db: Queryable, groupId: string, userId: string): Promise<boolean> {
  const row = await db
    .selectFrom('group_members')
    .select('joined_at')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst();
  return row !== undefined;
}

export async function insertMember(db: Queryable, groupId: string, userId: string, now: number): Promise<void> {
  await db.insertInto('group_members').values({ group_id: groupId, user_id: userId, joined_at: now }).execute();
}

export async function deleteMember(db: Queryable, groupId: string, userId: string): Promise<void> {
  await db.deleteFrom('group_members').where('group_id', '=', groupId).where('user_id', '=', userId).execute();
}
