import { invalidArgument, OssError } from './oss-error.js';
import { element } from './xml.js';
import {
  allowOnly,
  childrenOf,
  leafText,
  malformed,
  type RequestElement,
  readXmlRequest,
  textOf,
} from './xml-request.js';

/** What an owner sets with PutBucketCors. Reference: oss 1.20. */
export interface BucketCors {
  readonly rules: readonly BucketCorsRule[];
  /** `Vary: Origin` on every answer, so that caches keep those to different pages apart. */
  readonly responseVary: boolean;
}

/** Texts as given; `*` at most once in an origin and in a header. */
export interface BucketCorsRule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly expose: readonly string[];
  /** Seconds. */
  readonly maxAge?: number;
}

export const CORS_METHODS = ['GET', 'PUT', 'DELETE', 'POST', 'HEAD'];
const MAX_RULES = 10;
const MAX_BYTES = 16 * 1024;
const MAX_AGE = 999_999_999;
/** A header name (RFC 9110 section 5.6.2); `*` is one of its characters. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const PRINTABLE = /^[\x21-\x7e]+$/;

/** @throws {OssError} `MalformedXML`, `InvalidArgument` */
export function readCorsConfiguration(xml: string): BucketCors {
  if (Buffer.byteLength(xml) > MAX_BYTES) throw malformed('It is larger than 16 KB.');
  const root = readXmlRequest(xml, 'CORSConfiguration');
  allowOnly(root, ['CORSRule', 'ResponseVary']);
  const rules = childrenOf(root, 'CORSRule').map(readRule);
  if (rules.length === 0) throw malformed('It has no CORSRule.');
  if (rules.length > MAX_RULES) {
    throw new OssError('CORSRuleBeyondLimit', { message: `At most ${MAX_RULES} rules can be set.` });
  }
  const vary = textOf(root, 'ResponseVary') ?? 'false';
  if (vary !== 'true' && vary !== 'false') throw invalidArgument('ResponseVary', vary, 'It must be true or false.');
  return { rules, responseVary: vary === 'true' };
}

function readRule(rule: RequestElement): BucketCorsRule {
  allowOnly(rule, ['AllowedOrigin', 'AllowedMethod', 'AllowedHeader', 'ExposeHeader', 'MaxAgeSeconds', 'ID']);
  const texts = (name: string) => childrenOf(rule, name).map((child) => leafText(child).trim());
  const origins = texts('AllowedOrigin');
  const methods = texts('AllowedMethod');
  const headers = texts('AllowedHeader');
  const expose = texts('ExposeHeader');
  if (origins.length === 0 || methods.length === 0) {
    throw malformed('A CORSRule needs an AllowedOrigin and an AllowedMethod.');
  }
  for (const origin of origins) {
    if (!PRINTABLE.test(origin) || stars(origin) > 1) {
      throw invalidArgument('AllowedOrigin', origin, 'It is an origin, with at most one *.');
    }
  }
  for (const method of methods) {
    if (!CORS_METHODS.includes(method)) {
      throw invalidArgument('AllowedMethod', method, `It must be one of ${CORS_METHODS.join(', ')}.`);
    }
  }
  for (const header of headers) {
    if (!TOKEN.test(header) || stars(header) > 1) {
      throw invalidArgument('AllowedHeader', header, 'It is the name of a header, with at most one *.');
    }
  }
  for (const header of expose) {
    if (!TOKEN.test(header) || stars(header) > 0) {
      throw invalidArgument('ExposeHeader', header, 'It is the name of a header; * is not allowed.');
    }
  }
  const maxAge = readMaxAge(textOf(rule, 'MaxAgeSeconds'));
  return { origins, methods, headers, expose, ...(maxAge === undefined ? {} : { maxAge }) };
}

const stars = (text: string): number => text.split('*').length - 1;

function readMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (seconds < 0 || seconds > MAX_AGE) {
    throw invalidArgument('MaxAgeSeconds', text, `It must be 0 to ${MAX_AGE} seconds.`);
  }
  return seconds;
}

/** The answer of GetBucketCors. */
export function corsConfigurationXml({ rules, responseVary }: BucketCors): string {
  const many = (name: string, texts: readonly string[]) => texts.map((text) => element(name, text));
  return element('CORSConfiguration', [
    ...rules.map(({ origins, methods, headers, expose, maxAge }) =>
      element('CORSRule', [
        ...many('AllowedOrigin', origins),
        ...many('AllowedMethod', methods),
        ...many('AllowedHeader', headers),
        ...many('ExposeHeader', expose),
        ...(maxAge === undefined ? [] : [element('MaxAgeSeconds', maxAge)]),
      ]),
    ),
    element('ResponseVary', responseVary),
  ]);
}
