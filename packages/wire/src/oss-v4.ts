/**
 * OSS signature V4 (HMAC-SHA256), in the `Authorization` header and in the URL. Reference: oss 2.3, 2.4.
 */
import { equalsConstantTime } from './constant-time.js';
import type { SigningDigests } from './digests.js';
import { compareText, type Pair } from './encoding.js';
import type { OssRequest } from './oss-request.js';
import { isOssSubResource } from './oss-sub-resources.js';
import {
  additionalNames,
  canonicalRequest,
  isAlwaysSigned,
  OSS_V4_ALGORITHM,
  type OssV4Scope,
  ossV4Signature,
  ossV4SigningKey,
  scopeText,
} from './oss-v4-text.js';
import { isSoundOssRequest, repeatsName } from './soundness.js';
import { formatBasic, parseHttpDate } from './timestamps.js';

/** Longest life of a signed URL, in seconds. */
export const OSS_V4_MAX_EXPIRES = 604_800;

/** An `Authorization` header of OSS V4, taken apart. */
export interface OssV4Authorization {
  readonly accessKeyId: string;
  readonly scope: OssV4Scope;
  /** Lower-case, ascending; without content-type, content-md5 and x-oss-*, which are always signed. */
  readonly additionalHeaders: readonly string[];
  readonly signature: string;
}

/**
 * How an empty query value is written in the canonical text. The official clients disagree: the Go SDKs write the bare
 * name, ali-oss writes the bare name for sub-resources and `name=` for the rest. A verifier tries all three forms; the
 * values are the same in each, so nothing is lost.
 */
export type EmptyValueForm = 'bare' | 'sub-resources-bare' | 'equals';
const EMPTY_VALUE_FORMS: readonly EmptyValueForm[] = ['bare', 'sub-resources-bare', 'equals'];

const BARE: Readonly<Record<EmptyValueForm, (name: string) => boolean>> = {
  bare: () => true,
  'sub-resources-bare': isOssSubResource,
  equals: () => false,
};

/** What is signed of a request. @param additionalHeaders lower-case, ascending */
export function ossV4CanonicalRequest(
  request: OssRequest,
  additionalHeaders: readonly string[],
  form: EmptyValueForm = 'bare',
): string {
  return canonicalRequest(request, additionalHeaders, BARE[form]);
}

/** `<AccessKeyId>/<yyyymmdd>/<region>/oss/aliyun_v4_request`; `undefined` when malformed. */
export function parseOssV4Credential(text: string): { accessKeyId: string; scope: OssV4Scope } | undefined {
  const m = /^([^/\s]+)\/(\d{8})\/([^/\s]+)\/oss\/aliyun_v4_request$/.exec(text);
  return m ? { accessKeyId: m[1] as string, scope: { date: m[2] as string, region: m[3] as string } } : undefined;
}

/**
 * What a signature in the header dates itself by: `x-oss-date`, and without one `Date`, in the form of that header. The SDK
 * for Go 1.x and ossutil 1.x sign so; no reference says it.
 */
export const ossV4Date = (headers: ReadonlyMap<string, string>): string | undefined =>
  headers.get('x-oss-date') ?? headers.get('date');

/** The day, `yyyymmdd`, that such a text names. */
export function ossV4Day(date: string): string {
  const http = parseHttpDate(date);
  return (http === undefined ? date : formatBasic(http)).slice(0, 8);
}

// The characters of a header name (RFC 9110 section 5.1), lower-case.
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;

/** `a;b` to names; `undefined` when empty, not lower-case, not ascending, or naming a header that is always signed. */
export function parseAdditionalHeaders(text: string): string[] | undefined {
  const names = text.split(';');
  const good = names.every(
    (name, i) =>
      HEADER_NAME.test(name) && !isAlwaysSigned(name) && (i === 0 || compareText(names[i - 1] as string, name) < 0),
  );
  return good ? names : undefined;
}

/** `undefined` when malformed. Members may be separated with or without a blank. */
export function parseOssV4Authorization(header: string): OssV4Authorization | undefined {
  const m =
    /^OSS4-HMAC-SHA256 Credential=([^,\s]+),\s*(?:AdditionalHeaders=([^,\s]+),\s*)?Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const credential = m && parseOssV4Credential(m[1] as string);
  const additionalHeaders = m?.[2] === undefined ? [] : parseAdditionalHeaders(m[2]);
  if (!m || !credential || !additionalHeaders) return undefined;
  return { ...credential, additionalHeaders, signature: m[3] as string };
}

/**
 * False as well for a request that one signed text could not tell from another: a repeated or empty query name, a
 * header that fills more than one line, a bucket that is not one path segment.
 *
 * @param date {@link ossV4Date}, or for a signed URL its `x-oss-date`. Whether it is near enough to now is for the caller
 *   to judge
 * @param signingKey {@link ossV4SigningKey} of the secret and the authorization's scope
 */
export function verifyOssV4(
  digests: SigningDigests,
  signingKey: Uint8Array,
  request: OssRequest,
  date: string,
  authorization: OssV4Authorization,
): boolean {
  const { scope, additionalHeaders, signature } = authorization;
  if (ossV4Day(date) !== scope.date) return false;
  // A nameless empty parameter leaves no trace in the canonical query.
  const nameless = request.query.some(([name]) => name === '');
  if (nameless || repeatsName(request.query) || !isSoundOssRequest(request)) return false;
  if (!additionalHeaders.every((name) => request.headers.has(name))) return false;
  const forms = request.query.some(([, value]) => value === '') ? EMPTY_VALUE_FORMS : (['bare'] as const);
  let genuine = false;
  for (const form of forms) {
    const canonical = ossV4CanonicalRequest(request, additionalHeaders, form);
    genuine = equalsConstantTime(ossV4Signature(digests, signingKey, scope, date, canonical), signature) || genuine;
  }
  return genuine;
}

/**
 * The query parameters of a signed URL: those of the request, and the signature's own.
 * @param date start of validity, `yyyymmddTHHMMSSZ`
 * @param expires seconds from `date`, 1 to {@link OSS_V4_MAX_EXPIRES}
 */
export function signOssV4Url(
  digests: SigningDigests,
  credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string | undefined },
  region: string,
  request: OssRequest,
  date: string,
  expires: number,
  additionalHeaders: readonly string[] = [],
): Pair[] {
  const scope = { date: date.slice(0, 8), region };
  const extra = additionalNames(additionalHeaders);
  const query: Pair[] = [
    ...request.query,
    ['x-oss-signature-version', OSS_V4_ALGORITHM],
    ['x-oss-credential', `${credentials.accessKeyId}/${scopeText(scope)}`],
    ['x-oss-date', date],
    ['x-oss-expires', String(expires)],
    ...(extra.length > 0 ? [['x-oss-additional-headers', extra.join(';')] as Pair] : []),
    ...(credentials.securityToken ? [['x-oss-security-token', credentials.securityToken] as Pair] : []),
  ];
  const key = ossV4SigningKey(digests, credentials.accessKeySecret, scope);
  const canonical = canonicalRequest({ ...request, query }, extra);
  return [...query, ['x-oss-signature', ossV4Signature(digests, key, scope, date, canonical)]];
}

/** The request as a signed URL's signature saw it: without the `x-oss-signature` parameter. */
export function withoutOssV4UrlSignature(request: OssRequest): OssRequest {
  return { ...request, query: request.query.filter(([name]) => name !== 'x-oss-signature') };
}
