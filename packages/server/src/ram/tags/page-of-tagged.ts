import { base64Url } from '@sluice/wire';
import { sql } from 'kysely';
import type { Queryable } from '../../db/schema.js';
import { hasTags, type TagFilter, type TaggedType } from './tag-rows.js';

export interface TaggedPage {
  readonly accountId: string;
  readonly type: TaggedType;
  /** Only these; names that are not there have no tags. */
  readonly names?: readonly string[] | undefined;
  readonly tags?: readonly TagFilter[] | undefined;
  /** `<name>/<key>` that the page before ended with. No name holds a slash. */
  readonly after: string;
  readonly limit: number;
}

/** One row a tag, by name, then by key. */
export async function pageOfTagged(
  db: Queryable,
  { accountId, type, names, tags = [], after, limit }: TaggedPage,
): Promise<{ rows: readonly { name: string; tag_key: string; tag_value: string }[]; next: string | undefined }> {
  const cut = after.indexOf('/');
  const [name, key] = cut < 0 ? [after, ''] : [after.slice(0, cut), after.slice(cut + 1)];
  // Tags of roles are kept under the id, so that a role of the same name made anew has none of them.
  const nameOf = type === 'role' ? sql<string>`r.role_name` : sql<string>`g.resource`;
  let query = db
    .selectFrom('resource_tags as g')
    .leftJoin('roles as r', 'r.role_id', 'g.resource')
    .select(['g.tag_key', 'g.tag_value', nameOf.as('name')])
    .where('g.account_id', '=', accountId)
    .where('g.resource_type', '=', type)
    .where((e) => e.or([e(nameOf, '>', name), e.and([e(nameOf, '=', name), e('g.tag_key', '>', key)])]))
    .where(hasTags(tags, type, 'g.resource', 'g.account_id'))
    .orderBy('name')
    .orderBy('g.tag_key')
    .limit(limit + 1);
  if (names) query = query.where(nameOf, 'in', names);
  const found = await query.execute();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  const more = found.length > limit && last !== undefined;
  return { rows, next: more ? base64Url(Buffer.from(`${last.name}/${last.tag_key}`)) : undefined };
}
