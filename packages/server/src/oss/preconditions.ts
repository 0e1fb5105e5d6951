import { parseHttpDate } from '@sluice/wire';
import type { ObjectRow } from './catalog/objects.js';
import { unquoted } from './etag.js';
import { OssError } from './oss-error.js';

type Validators = Pick<ObjectRow, 'etag' | 'last_modified'>;

/**
 * `If-*` of GET and HEAD, in the order of RFC 9110 section 13.2.2. A malformed date is ignored (reference oss 1.2).
 * @returns `'not-modified'` for a 304
 * @throws {OssError} `PreconditionFailed`
 */
export function checkPreconditions(
  headers: ReadonlyMap<string, string>,
  object: Validators,
): 'proceed' | 'not-modified' {
  const match = headers.get('if-match');
  if (match !== undefined) {
    if (!names(match, object.etag)) throw failed('If-Match');
  } else {
    const unmodifiedSince = date(headers, 'if-unmodified-since');
    if (unmodifiedSince !== undefined && seconds(object) > unmodifiedSince) throw failed('If-Unmodified-Since');
  }
  const noneMatch = headers.get('if-none-match');
  if (noneMatch !== undefined) return names(noneMatch, object.etag) ? 'not-modified' : 'proceed';
  const modifiedSince = date(headers, 'if-modified-since');
  return modifiedSince !== undefined && seconds(object) <= modifiedSince ? 'not-modified' : 'proceed';
}

/** `If-Range`: whether a range may be served, or the object has changed and the whole is wanted. */
export function rangeStillHolds(headers: ReadonlyMap<string, string>, object: Validators): boolean {
  const validator = headers.get('if-range');
  if (validator === undefined) return true;
  const since = parseHttpDate(validator);
  return since === undefined ? unquoted(validator) === object.etag : seconds(object) === since;
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((one) => one.trim() === '*' || unquoted(one.trim().replace(/^W\//, '')) === etag);
}

function date(headers: ReadonlyMap<string, string>, name: string): number | undefined {
  return parseHttpDate(headers.get(name) ?? '');
}

/** Dates of the wire have no milliseconds. */
const seconds = (object: Validators): number => Math.floor(object.last_modified / 1000) * 1000;

const failed = (condition: string): OssError =>
  new OssError('PreconditionFailed', { extra: [['Condition', condition]] });
