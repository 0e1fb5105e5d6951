import { percentEncode } from '@sluice/wire';
import { readEncodingType } from './encoding-type.js';
import { invalidArgument } from './oss-error.js';
import type { Listing } from './roll-up.js';
import { element } from './xml.js';

type Query = ReadonlyMap<string, string>;

const MAX_TEXT_BYTES = 1023;

/**
 * `prefix`, a marker, a delimiter; empty when absent. Reference: oss 1.17.
 * @throws {OssError} `InvalidArgument` when longer than 1 023 bytes, or with a NUL, which no key has
 */
export function readListText(query: Query, name: string): string {
  const text = query.get(name) ?? '';
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES) {
    throw invalidArgument(name, text, `The length of ${name} must not be above ${MAX_TEXT_BYTES} bytes.`);
  }
  if (text.includes('\0')) throw invalidArgument(name, text, `${name} must not contain the character NUL.`);
  return text;
}

/** @throws {OssError} `InvalidArgument` when it is no integer between the bounds, both inclusive */
export function readListNumber(
  query: Query,
  name: string,
  { fallback, least, most }: { fallback: number; least: number; most: number },
): number {
  const text = query.get(name);
  if (text === undefined || text === '') return fallback;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw invalidArgument(name, text, `${name} must be an integer between ${least} and ${most}.`);
  }
  return value;
}

/** What every listing of a bucket may be asked. */
export interface ListArguments extends Listing {
  /** Makes an element of a key or a part of one, percent-encoded when that was asked for. */
  keyElement(name: string, text: string): string;
  /** `EncodingType`, when it was asked for. */
  readonly encodingType: readonly string[];
}

/** @throws {OssError} `InvalidArgument` */
export function readListArguments(query: Query): ListArguments {
  const encode = readEncodingType(query);
  return {
    prefix: readListText(query, 'prefix'),
    delimiter: readListText(query, 'delimiter'),
    keyElement: (name, text) => element(name, encode ? percentEncode(text) : text),
    encodingType: encode ? [element('EncodingType', 'url')] : [],
  };
}
