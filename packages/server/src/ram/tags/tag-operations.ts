import { z } from 'zod';
import type { Queryable } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Operation } from '../../rpc/operation.js';
import { ramErrors } from '../errors.js';
import { policyName, roleName, trueOrFalse } from '../fields.js';
import { RAM_LIMITS } from '../limits.js';
import { readPage } from '../paging.js';
import { requirePolicy } from '../policies/policy-rows.js';
import type { RamParts } from '../ram-parts.js';
import { requireRole } from '../roles/role-rows.js';
import { accountOf, ramOperation } from '../rows.js';
import { pageOfTagged } from './page-of-tagged.js';
import { tagFilter, tagged, tagKeys, tagsParameter } from './tag-parameters.js';
import { deleteTagsOf, setTags, type Tagged, type TaggedType } from './tag-rows.js';

const ResourceType = z.enum(['role', 'policy']);
const ResourceNames = z
  .array(z.union([roleName, policyName]))
  .min(1)
  .max(RAM_LIMITS.taggedAtOnce)
  .transform((names) => [...new Set(names)]);
const MOST_ROWS = 100;

interface Named {
  readonly ResourceType: TaggedType;
  readonly ResourceNames?: readonly string[] | undefined;
}
const resources = ({ ResourceType: type, ResourceNames: names }: Named) =>
  (names ?? ['*']).map((name) => `${type}/${name}`);

/** TagResources, UntagResources, ListTagResources: of roles and of custom policies. Reference: ram-sts 2.2. */
export function tagOperations({ db }: RamParts): readonly Operation[] {
  return [
    ramOperation({
      name: 'TagResources',
      description: 'Adds tags to roles or custom policies; a key that is there gets the new value.',
      input: tagged({ ResourceType, ResourceNames, Tag: tagsParameter.min(1) }),
      resource: resources,
      async handle({ ResourceType: type, ResourceNames: names, Tag }, call) {
        await transact(db, async (transaction) => {
          for (const name of names) await setTags(transaction, await find(transaction, call, type, name), Tag);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'UntagResources',
      description: 'Takes tags off roles or custom policies: those of the keys given, or all.',
      input: tagged({ ResourceType, ResourceNames, TagKeys: tagKeys.optional(), All: trueOrFalse.optional() }),
      resource: resources,
      async handle({ ResourceType: type, ResourceNames: names, TagKeys, All }, call) {
        if (TagKeys === undefined && All !== true) throw ramErrors.missing('TagKeys');
        await transact(db, async (transaction) => {
          for (const name of names) await deleteTagsOf(transaction, await find(transaction, call, type, name), TagKeys);
        });
        return {};
      },
    }),

    ramOperation({
      name: 'ListTagResources',
      description:
        'Lists tags of roles or custom policies: of those named, of those with all the tags given, or of all.',
      input: tagged({
        ResourceType,
        ResourceNames: ResourceNames.optional(),
        Tag: tagFilter.optional(),
        NextToken: z.string().max(1024).optional(),
        PageSize: z
          .string()
          .regex(/^\d{1,3}$/)
          .transform(Number)
          .pipe(z.number().min(1).max(MOST_ROWS))
          .optional(),
      }),
      resource: resources,
      async handle(given, call) {
        const { after, limit } = readPage({
          Marker: given.NextToken,
          MaxItems: given.PageSize ?? MOST_ROWS,
          called: 'NextToken',
        });
        const { ResourceType: type, ResourceNames: names, Tag: tags } = given;
        const { rows, next } = await pageOfTagged(db, { accountId: accountOf(call), type, names, tags, after, limit });
        return {
          ...(next === undefined ? {} : { NextToken: next }),
          TagResources: rows.map((row) => ({
            ResourceType: type,
            ResourceName: row.name,
            TagKey: row.tag_key,
            TagValue: row.tag_value,
          })),
        };
      },
    }),
  ];
}

/** @throws RpcError `EntityNotExist.Role`, `EntityNotExist.Policy` */
async function find(
  db: Queryable,
  call: Parameters<typeof accountOf>[0],
  type: TaggedType,
  name: string,
): Promise<Tagged> {
  const accountId = accountOf(call);
  if (type === 'role') return { accountId, type, id: (await requireRole(db, accountId, name)).role_id };
  await requirePolicy(db, { owner: accountId, name });
  return { accountId, type, id: name };
}
