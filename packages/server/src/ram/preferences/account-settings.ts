import type { Queryable } from '../../db/schema.js';

/** What an account chose, as `account_settings` calls it. */
export type AccountSetting = 'alias' | 'password-policy' | 'security-preference';

/** `undefined` when nothing was chosen. */
export async function findAccountSetting(
  db: Queryable,
  accountId: string,
  name: AccountSetting,
): Promise<unknown | undefined> {
  const row = await db
    .selectFrom('account_settings')
    .select('value')
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row && JSON.parse(row.value);
}

export async function putAccountSetting(
  db: Queryable,
  accountId: string,
  name: AccountSetting,
  value: unknown,
): Promise<void> {
  const text = JSON.stringify(value);
  await db
    .insertInto('account_settings')
    .values({ account_id: accountId, name, value: text })
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doUpdateSet({ value: text }))
    .execute();
}

export async function deleteAccountSetting(db: Queryable, accountId: string, name: AccountSetting): Promise<void> {
  await db.deleteFrom('account_settings').where('account_id', '=', accountId).where('name', '=', name).execute();
}

/** Whose setting has this value. */
export async function accountWithSetting(
  db: Queryable,
  name: AccountSetting,
  value: unknown,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('account_settings')
    .select('account_id')
    .where('name', '=', name)
    .where('value', '=', JSON.stringify(value))
    .executeTakeFirst();
  return row?.account_id;
}
