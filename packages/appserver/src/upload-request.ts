/**
 * Bodies of `/upload/create` and `/upload/refresh`. Only what a client may say about its own file is taken over:
 * callback addresses, workflows, templates and storage are the operator's. Other members are ignored.
 */
import { Refusal } from './answers.js';
import type { CreateImage, CreateVideo } from './upload-broker.js';

export type CreateRequest =
  | { readonly kind: 'video'; readonly video: CreateVideo }
  | { readonly kind: 'image'; readonly image: CreateImage };

type Body = ReadonlyMap<string, unknown>;

const IMAGE_TYPES = ['default', 'cover'] as const;
const IMAGE_EXTENSIONS = ['png', 'jpg', 'jpeg', 'gif', 'heic'] as const;

/** @throws Refusal 400 that names the member */
export function readCreateRequest(body: Body): CreateRequest {
  const kind = oneOf(body, 'kind', ['video', 'image'] as const);
  const common = {
    description: text(body, 'description'),
    tags: tags(body),
    cateId: integer(body, 'cateId', Number.MIN_SAFE_INTEGER),
    userData: userData(body),
  };
  if (kind === 'image') {
    const image = {
      ...common,
      imageType: oneOf(body, 'imageType', IMAGE_TYPES),
      imageExt: oneOf(body, 'imageExt', IMAGE_EXTENSIONS),
      title: text(body, 'title'),
      originalFileName: text(body, 'originalFileName') ?? text(body, 'fileName'),
    };
    return { kind, image };
  }
  if (kind === undefined) throw invalid('kind', '"video" or "image"');
  const fileName = required(body, 'fileName');
  const video = {
    ...common,
    fileName,
    title: text(body, 'title') ?? defaultTitle(fileName),
    fileSize: integer(body, 'fileSize', 0),
    coverUrl: text(body, 'coverUrl'),
  };
  return { kind, video };
}

/**
 * A title the service takes (reference vod 4.1): 128 characters at most, nothing beyond the basic plane. A file may be
 * called what it likes, and may be a path; only a title that the client chose is refused with a word.
 */
function defaultTitle(fileName: string): string {
  const name = fileName.slice(Math.max(fileName.lastIndexOf('/'), fileName.lastIndexOf('\\')) + 1);
  const title = name.replace(/[\p{Cc}\p{Cs}\u{10000}-\u{10ffff}]/gu, '').trim();
  return title.slice(0, 128) || 'untitled';
}

/** @throws Refusal 400 */
export function readVideoId(body: Body): string {
  return required(body, 'videoId');
}

function invalid(name: string, expected: string): Refusal {
  return new Refusal('InvalidParameter', {}, `"${name}" must be ${expected}.`);
}

/** An empty text counts as absent, as the services have it (reference vod 8 point 3). */
function text(body: Body, name: string): string | undefined {
  const value = body.get(name) ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw invalid(name, 'a text');
  return value;
}

function required(body: Body, name: string): string {
  const value = text(body, name);
  if (value === undefined) throw invalid(name, 'a text that is not empty');
  return value;
}

function integer(body: Body, name: string, least: number): number | undefined {
  const value = body.get(name) ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least)
    throw invalid(name, least === 0 ? 'an integer that is not negative' : 'an integer');
  return value;
}

function oneOf<T extends string>(body: Body, name: string, known: readonly T[]): T | undefined {
  const value = text(body, name);
  if (value === undefined) return undefined;
  const found = known.find((k) => k === value);
  if (found === undefined) throw invalid(name, known.map((k) => `"${k}"`).join(' or '));
  return found;
}

/** A list, or the comma-joined text of the wire. */
function tags(body: Body): readonly string[] | undefined {
  const value: unknown = body.get('tags') ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'string') return value === '' ? undefined : value.split(',');
  if (!Array.isArray(value)) throw invalid('tags', 'a list of texts');
  const list: readonly unknown[] = value;
  return list.map((tag) => {
    if (typeof tag !== 'string' || tag.includes(',')) throw invalid('tags', 'a list of texts without commas');
    return tag;
  });
}

/** `Extend` alone: with `MessageCallback` a client could make the server call any address (reference vod 4.14). */
function userData(body: Body): object | undefined {
  const value = body.get('userData') ?? undefined;
  if (value === undefined) return undefined;
  const names = typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : ['?'];
  if (names.some((name) => name !== 'Extend')) throw invalid('userData', 'an object with no member but "Extend"');
  if (lengthAsJson(value) > MAX_USER_DATA) throw invalid('userData', `at most ${MAX_USER_DATA} characters of JSON`);
  return value as object;
}

/** What VOD takes, in characters. */
const MAX_USER_DATA = 4096;

/** Infinite for what can be read, but is nested too deeply to be written again. */
function lengthAsJson(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
