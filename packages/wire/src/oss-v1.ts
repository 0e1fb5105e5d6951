/**
 * OSS signature V1 (HMAC-SHA1), in the `Authorization` header and in the URL. Reference: oss 2.1, 2.2.
 *
 * V1 signs the key and the sub-resources decoded, so the texts of key `a?acl` and of key `a` with `?acl` are one. The
 * verifiers accept only one reading of a text ({@link readResource}), yet a signer who signs a key that somebody else
 * chose can be led to sign the other reading: sign such URLs with V4.
 */
import { equalsConstantTime } from './constant-time.js';
import type { AsyncDigests, SigningDigests } from './digests.js';
import { base64, compareText, type Pair, utf8 } from './encoding.js';
import { type OssRequest, signedResource } from './oss-request.js';
import { isOssSubResource } from './oss-sub-resources.js';
import { headerValue, isSoundOssRequest } from './soundness.js';

/** Query parameters that carry a V1 URL signature. */
export const OSS_V1_URL_PARAMETERS = ['OSSAccessKeyId', 'Expires', 'Signature'] as const;

function signedQuery(request: OssRequest): Pair[] {
  return request.query.filter(([name]) => isOssSubResource(name)).sort(([a], [b]) => compareText(a, b));
}

function canonicalResource(request: OssRequest): string {
  const query = signedQuery(request)
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .join('&');
  return signedResource(request) + (query === '' ? '' : `?${query}`);
}

/**
 * @param date the text of the date line: `x-oss-date` if sent, else `Date`; for a signed URL the `Expires` value
 */
export function ossV1StringToSign(request: OssRequest, date: string): string {
  const { headers } = request;
  const ossHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${headerValue(value)}\n`)
    .join('');
  return [
    request.method.toUpperCase(),
    headerValue(headers.get('content-md5') ?? ''),
    headerValue(headers.get('content-type') ?? ''),
    date,
    `${ossHeaders}${canonicalResource(request)}`,
  ].join('\n');
}

function ossV1Signature(digests: SigningDigests, secret: string, request: OssRequest, date: string): string {
  return base64(digests.hmacSha1(utf8(secret), utf8(ossV1StringToSign(request, date))));
}

// A bounded look at the name after a `?`, so that a key of question marks costs no more than its length.
const FIRST_NAME = /(x-oss-)|([A-Za-z-]{1,40})(?:[=&]|$)/y;

/**
 * The one reading of a signed resource (without its bucket) that is accepted: the query begins after the first `?` that
 * a sub-resource follows, and a `&` parts two members when a greater sub-resource name follows it.
 */
function readResource(text: string): { key: string; query: Pair[] } {
  for (let cut = text.indexOf('?'); cut >= 0; cut = text.indexOf('?', cut + 1)) {
    FIRST_NAME.lastIndex = cut + 1;
    const first = FIRST_NAME.exec(text);
    if (first && isOssSubResource(first[1] ?? (first[2] as string))) {
      return { key: text.slice(0, cut), query: readSubResources(text.slice(cut + 1)) };
    }
  }
  return { key: text, query: [] };
}

function readSubResources(text: string): Pair[] {
  const pairs: [name: string, value: string][] = [];
  for (const piece of text.split('&')) {
    const cut = piece.indexOf('=');
    const name = cut < 0 ? piece : piece.slice(0, cut);
    const last = pairs.at(-1);
    if (last && (!isOssSubResource(name) || compareText(last[0], name) >= 0)) last[1] += `&${piece}`;
    else pairs.push([name, cut < 0 ? '' : piece.slice(cut + 1)]);
  }
  return pairs;
}

/** False when the signed text has another reading than this request. */
function isTheReading(request: OssRequest): boolean {
  const sent = signedQuery(request);
  const read = readResource(canonicalResource(request).slice(signedResource({ bucket: request.bucket }).length));
  return (
    read.key === (request.key ?? '') &&
    read.query.length === sent.length &&
    sent.every(([name, value], i) => read.query[i]?.[0] === name && read.query[i]?.[1] === value)
  );
}

/** The date line of a header-signed request. */
export function ossV1Date(headers: ReadonlyMap<string, string>): string {
  return headerValue(headers.get('x-oss-date') ?? headers.get('date') ?? '');
}

/** The value of the `Authorization` header. The request must carry `x-oss-date` or `date`. */
export function signOssV1Header(
  digests: SigningDigests,
  accessKeyId: string,
  secret: string,
  request: OssRequest,
): string {
  return `OSS ${accessKeyId}:${ossV1Signature(digests, secret, request, ossV1Date(request.headers))}`;
}

/** {@link signOssV1Header} by digests that may answer later. */
export async function signOssV1HeaderAsync(
  digests: AsyncDigests,
  accessKeyId: string,
  secret: string,
  request: OssRequest,
): Promise<string> {
  const text = ossV1StringToSign(request, ossV1Date(request.headers));
  return `OSS ${accessKeyId}:${base64(await digests.hmacSha1(utf8(secret), utf8(text)))}`;
}

/** `undefined` when the header is not `OSS <id>:<signature>`. */
export function parseOssV1Authorization(header: string): { accessKeyId: string; signature: string } | undefined {
  const m = /^OSS ([^:\s]+):([A-Za-z0-9+/]{27}=)$/.exec(header);
  return m ? { accessKeyId: m[1] as string, signature: m[2] as string } : undefined;
}

/**
 * False as well without a date, and for a date of digits only: that is the signature of a URL, moved to a header.
 * Whether the date is near enough to now is for the caller to judge.
 */
export function verifyOssV1Header(
  digests: SigningDigests,
  secret: string,
  request: OssRequest,
  signature: string,
): boolean {
  const date = ossV1Date(request.headers);
  if (/^\d*$/.test(date) || !isSoundOssRequest(request) || !isTheReading(request)) return false;
  return equalsConstantTime(ossV1Signature(digests, secret, request, date), signature);
}

/**
 * The query parameters of a signed URL: those of the request, and the signature's own.
 * @param expires seconds since the Unix epoch
 */
export function signOssV1Url(
  digests: SigningDigests,
  credentials: { accessKeyId: string; accessKeySecret: string; securityToken?: string | undefined },
  request: OssRequest,
  expires: number,
): Pair[] {
  const token: Pair[] = credentials.securityToken ? [['security-token', credentials.securityToken]] : [];
  const query = [...request.query, ...token];
  const signature = ossV1Signature(digests, credentials.accessKeySecret, { ...request, query }, String(expires));
  return [
    ...query,
    ['OSSAccessKeyId', credentials.accessKeyId],
    ['Expires', String(expires)],
    ['Signature', signature],
  ];
}

/** @param expires as sent; anything but digits is refused, since the text could then hold further lines */
export function verifyOssV1Url(
  digests: SigningDigests,
  secret: string,
  request: OssRequest,
  expires: string,
  signature: string,
): boolean {
  if (!/^\d{1,15}$/.test(expires) || !isSoundOssRequest(request) || !isTheReading(request)) return false;
  return equalsConstantTime(ossV1Signature(digests, secret, request, expires), signature);
}
