/**
 * Tags and lists of names as parameters. Current official clients send a list as one JSON text (`Tag=[{"Key":…}]`), older
 * ones and RPC write it out (`Tag.1.Key`, `ResourceNames.1`); both are read, but not both for one list.
 */
import { z } from 'zod';
import { RAM_LIMITS } from '../limits.js';

/** Reference ram-sts 2.2. */
const MAX_KEY = 128;
const MAX_VALUE = 256;
/** Longer lists are not looked at. */
const MAX_INDEX = 999;

const MEMBER = /^(Tag|TagKeys|ResourceNames)\.([1-9]\d{0,2})(?:\.(Key|Value))?$/;
const LISTS = ['Tag', 'TagKeys', 'ResourceNames'] as const;

/** Where official clients and consoles would take a tag for a link or for one of the platform. */
const RESERVED = /^(?:acs:|aliyun)|https?:\/\//i;
const free = (text: string): boolean => !RESERVED.test(text);
/** JSON brings what parameters cannot: characters that a database ends texts at, or makes others of. */
const UNSTORABLE = /\0|\p{Surrogate}/u;
const length = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .refine((text) => !UNSTORABLE.test(text));

const key = length(1, MAX_KEY).refine(free);
const value = length(0, MAX_VALUE).refine((text) => !/https?:\/\//i.test(text));
const each = <T extends { readonly Key: string }>(tags: readonly T[]): boolean =>
  new Set(tags.map((tag) => tag.Key)).size === tags.length;

/** Tags to be set: a key, and a value or none. No key comes twice. */
export const tagsParameter = z
  .array(z.strictObject({ Key: key, Value: value.default('') }))
  .max(RAM_LIMITS.tagsPerResource)
  .refine(each);

/** Tags that are looked for: a key, with the value when one is given. */
export const tagFilter = z
  .array(z.strictObject({ Key: length(1, MAX_KEY), Value: length(0, MAX_VALUE).optional() }))
  .max(RAM_LIMITS.tagsPerResource)
  .refine(each);

export const tagKeys = z.array(length(1, MAX_KEY)).min(1).max(RAM_LIMITS.tagsPerResource);

/** An object schema whose lists `Tag`, `TagKeys` and `ResourceNames` may come in either form. */
export function tagged<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((given) => gather(given as Readonly<Record<string, string>>), z.object(shape));
}

/** What is no list of either form is left as it is, for the schema to refuse. */
function gather(given: Readonly<Record<string, string>>): Record<string, unknown> {
  const gathered: Record<string, unknown> = { ...given };
  for (const name of LISTS) {
    const text = given[name];
    const members = Object.entries(given).flatMap(([parameter, item]) => {
      const [, list, index, member] = MEMBER.exec(parameter) ?? [];
      return list === name && Number(index) <= MAX_INDEX ? [{ index: Number(index), member, item }] : [];
    });
    if (members.length > 0) gathered[name] = text === undefined ? inOrder(members) : undefined;
    else if (text !== undefined) gathered[name] = readJson(text);
  }
  return gathered;
}

interface Member {
  readonly index: number;
  readonly member: string | undefined;
  readonly item: string;
}

function inOrder(members: readonly Member[]): readonly unknown[] {
  const items = new Map<number, unknown>();
  for (const { index, member, item } of [...members].sort((a, b) => a.index - b.index)) {
    const before = items.get(index);
    items.set(index, member === undefined ? item : { ...(typeof before === 'object' ? before : {}), [member]: item });
  }
  return [...items.values()];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
