import { z } from 'zod';
import type { RpcError } from '../rpc/rpc-error.js';
import { vodErrors } from './errors.js';

/**
 * Parameters that several upload operations share, made tolerant of what the official SDKs send for "not set"
 * (reference vod 8.3): `CateId=null`, `Title=undefined`.
 */
const unset = (word: string) => (value: unknown) => (value === word ? undefined : value);

export const metadataShape = {
  Title: z.preprocess(unset('undefined'), z.string().optional()),
  Description: z.string().optional(),
  Tags: z.string().optional(),
  CateId: z.preprocess(
    unset('null'),
    z
      .string()
      .regex(/^-?\d{1,15}$/)
      .optional(),
  ),
  StorageLocation: z.string().max(256).optional(),
  TemplateGroupId: z.string().max(64).optional(),
  UserData: z.string().max(4096).optional(),
  AppId: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .optional(),
};

export const DEFAULT_APP_ID = 'app-1000000';

export interface Metadata {
  readonly Title?: string | undefined;
  readonly Description?: string | undefined;
  readonly Tags?: string | undefined;
  readonly TemplateGroupId?: string | undefined;
  readonly UserData?: string | undefined;
}

/** @throws RpcError with the code that belongs to the first limit passed */
export function checkMetadata({ Title, Description, Tags, TemplateGroupId }: Metadata): void {
  for (const [name, text, limit] of [
    ['Title', Title, 128],
    ['Description', Description, 1024],
  ] as const) {
    if (text === undefined) continue;
    if ([...text].length > limit) throw vodErrors.tooLong(name, limit);
    if (hasIllegalCharacters(text)) throw vodErrors.illegalCharacters(name);
  }
  if (Tags !== undefined) {
    const tags = Tags.split(',');
    if (tags.length > 16 || tags.some((tag) => [...tag].length > 32)) throw vodErrors.tooManyTags();
    if (hasIllegalCharacters(Tags)) throw vodErrors.illegalCharacters('Tags');
  }
  if (TemplateGroupId !== undefined && !/^(VOD_NO_TRANSCODE|[0-9a-fA-F]{32})$/.test(TemplateGroupId)) {
    throw vodErrors.templateGroup();
  }
}

// Control characters and everything beyond the basic plane: what the service calls illegal, emoji among them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]/;
const hasIllegalCharacters = (text: string): boolean => ILLEGAL.test(text);

/** Reference vod 4.14. */
const MAX_EXTEND_BYTES = 512;

/**
 * `UserData` as one JSON text. The JavaScript SDK stringifies it once more when the page gave a text (reference vod
 * 1.6), so a JSON string inside is unwrapped. Text that is not JSON is refused.
 */
export function unwrapUserData(text: string | undefined): string {
  if (text === undefined) return '';
  const outer = parseJson(text);
  const inner = typeof outer === 'string' ? parseJson(outer) : outer;
  if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) throw vodErrors.invalid('UserData');
  const extend = JSON.stringify((inner as { Extend?: unknown }).Extend) ?? '';
  if (Buffer.byteLength(extend) > MAX_EXTEND_BYTES) throw vodErrors.tooLong('UserData.Extend', MAX_EXTEND_BYTES);
  return JSON.stringify(inner);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw vodErrors.invalid('UserData');
  }
}

/** The refusal for a parameter that fails its schema. */
export function invalidMetadata(name: string, missing: boolean): RpcError {
  return missing && name !== '' ? vodErrors.missing(name) : vodErrors.invalid(name);
}
