import type { Queryable, UsersTable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import type { Page } from '../paging.js';

export type User = Readonly<UsersTable>;

export async function findUser(db: Queryable, accountId: string, name: string): Promise<User | undefined> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_name', '=', name)
    .executeTakeFirst();
}

/** @throws RpcError `EntityNotExist.User` */
export async function requireUser(db: Queryable, accountId: string, name: string): Promise<User> {
  const user = await findUser(db, accountId, name);
  if (!user) throw ramErrors.notExist('User', name);
  return user;
}

export async function insertUser(db: Queryable, user: User): Promise<void> {
  await db.insertInto('users').values(user).execute();
}

export async function updateUser(
  db: Queryable,
  userId: string,
  change: Partial<Omit<User, 'user_id' | 'account_id'>>,
): Promise<void> {
  await db.updateTable('users').set(change).where('user_id', '=', userId).execute();
}

export async function deleteUserRow(db: Queryable, userId: string): Promise<void> {
  await db.deleteFrom('users').where('user_id', '=', userId).execute();
}

export async function countUsers(db: Queryable, accountId: string): Promise<number> {
  const { count } = await db
    .selectFrom('users')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** One more than the page holds, if there are as many; by name. */
export async function pageOfUsers(db: Queryable, accountId: string, { after, limit }: Page): Promise<readonly User[]> {
  return db
    .selectFrom('users')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('user_name', '>', after)
    .orderBy('user_name')
    .limit(limit + 1)
    .execute();
}
