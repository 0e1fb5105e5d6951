import { type Expression, type SqlBool, sql } from 'kysely';
import type { Queryable, ResourceTagsTable } from '../../db/schema.js';
import { ramErrors } from '../errors.js';
import { RAM_LIMITS } from '../limits.js';

export type TaggedType = ResourceTagsTable['resource_type'];

/** What tags are on: a role by its id, a policy by its name. */
export interface Tagged {
  readonly accountId: string;
  readonly type: TaggedType;
  readonly id: string;
}

export interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export interface TagFilter {
  readonly Key: string;
  /** Absent = any. */
  readonly Value?: string | undefined;
}

/** Adds tags, and gives those that are there a new value. @throws RpcError `LimitExceeded.Role.Tag`, `….Policy.Tag` */
export async function setTags(
  db: Queryable,
  { accountId, type, id }: Tagged,
  tags: readonly Tag[],
  limit: number = RAM_LIMITS.tagsPerResource,
): Promise<void> {
  if (tags.length === 0) return;
  await db
    .insertInto('resource_tags')
    .values(
      tags.map(({ Key, Value }) => ({
        account_id: accountId,
        resource_type: type,
        resource: id,
        tag_key: Key,
        tag_value: Value,
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'resource_type', 'resource', 'tag_key'])
        .doUpdateSet((e) => ({ tag_value: e.ref('excluded.tag_value') })),
    )
    .execute();
  const now = (await tagsOf(db, { accountId, type }, [id])).get(id) ?? [];
  if (now.length > limit) throw ramErrors.limit(type === 'role' ? 'Role.Tag' : 'Policy.Tag', limit);
}

/** @param keys absent = all */
export async function deleteTagsOf(
  db: Queryable,
  { accountId, type, id }: Tagged,
  keys?: readonly string[],
): Promise<void> {
  let query = db
    .deleteFrom('resource_tags')
    .where('account_id', '=', accountId)
    .where('resource_type', '=', type)
    .where('resource', '=', id);
  if (keys) query = query.where('tag_key', 'in', keys);
  await query.execute();
}

/** Databases bound the number of parameters of a statement. */
const AT_ONCE = 500;

/** Tags of several, each by key. */
export async function tagsOf(
  db: Queryable,
  { accountId, type }: Omit<Tagged, 'id'>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Tag[]>> {
  const tags = new Map<string, Tag[]>();
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const rows = await db
      .selectFrom('resource_tags')
      .select(['resource', 'tag_key', 'tag_value'])
      .where('account_id', '=', accountId)
      .where('resource_type', '=', type)
      .where('resource', 'in', ids.slice(i, i + AT_ONCE))
      .orderBy('tag_key')
      .execute();
    for (const { resource, tag_key, tag_value } of rows) {
      const there = tags.get(resource) ?? [];
      there.push({ Key: tag_key, Value: tag_value });
      tags.set(resource, there);
    }
  }
  return tags;
}

/**
 * A condition for lists: has all of these tags.
 * @param id column of what tags are on
 * @param account column of whose it is
 */
export function hasTags(
  tags: readonly TagFilter[],
  type: TaggedType,
  id: string,
  account: string,
): Expression<SqlBool> {
  const conditions = tags.map(
    ({ Key, Value }) => sql<SqlBool>`exists (
      select 1 from resource_tags t
      where t.account_id = ${sql.ref(account)} and t.resource_type = ${type} and t.resource = ${sql.ref(id)}
        and t.tag_key = ${Key} ${Value === undefined ? sql`` : sql`and t.tag_value = ${Value}`})`,
  );
  return conditions.length === 0 ? sql<SqlBool>`1 = 1` : sql<SqlBool>`${sql.join(conditions, sql` and `)}`;
}

/** As lists of roles and policies show tags. */
export const showTags = (tags: readonly Tag[] = []) => ({
  Tag: tags.map(({ Key, Value }) => ({ TagKey: Key, TagValue: Value })),
});
