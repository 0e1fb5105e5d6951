/** The texts and keys of OSS signature V4. Whoever only signs loads this, and not the list of sub-resources. */
import type { SigningDigests } from './digests.js';
import { compareText, hex, percentEncode, percentEncodePath, utf8 } from './encoding.js';
import { type OssRequest, signedResource } from './oss-request.js';
import { headerValue } from './soundness.js';

/** Name of the scheme in `Authorization` and URLs. */
export const OSS_V4_ALGORITHM = 'OSS4-HMAC-SHA256';
/** In place of the hash of a body: OSS V4 signs none. */
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
/** `<date>/<region>/oss/aliyun_v4_request`; the region without an `oss-` prefix. */
export interface OssV4Scope {
  /** `yyyymmdd` */
  readonly date: string;
  readonly region: string;
}

export const scopeText = (scope: OssV4Scope): string => `${scope.date}/${scope.region}/oss/aliyun_v4_request`;
export const isAlwaysSigned = (name: string): boolean =>
  name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-');

export function canonicalRequest(
  request: OssRequest,
  additionalHeaders: readonly string[],
  isBare: (name: string) => boolean = () => true,
): string {
  const query = request.query
    .map(([name, value]) => {
      const tail = value === '' && isBare(name) ? '' : `=${percentEncode(value)}`;
      return [percentEncode(name), tail] as const;
    })
    .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
    .map(([name, tail]) => name + tail)
    .join('&');
  const headers = [...request.headers]
    .filter(([name]) => isAlwaysSigned(name) || additionalHeaders.includes(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${headerValue(value)}\n`)
    .join('');
  return [
    request.method.toUpperCase(),
    percentEncodePath(signedResource(request)),
    query,
    headers,
    additionalHeaders.join(';'),
    request.headers.get('x-oss-content-sha256') ?? UNSIGNED_PAYLOAD,
  ].join('\n');
}

/** @param date `x-oss-date`, `yyyymmddTHHMMSSZ` */
export function ossV4StringToSign(
  digests: SigningDigests,
  scope: OssV4Scope,
  date: string,
  canonicalRequest: string,
): string {
  return textOfHash(scope, date, digests.sha256(utf8(canonicalRequest)));
}

/** {@link ossV4StringToSign} of the canonical request that has this SHA-256. */
export const textOfHash = (scope: OssV4Scope, date: string, hash: Uint8Array): string =>
  `${OSS_V4_ALGORITHM}\n${date}\n${scopeText(scope)}\n${hex(hash)}`;

/** What the signing key is derived from, beginning with the secret. */
export const keySteps = (secret: string, { date, region }: OssV4Scope): Uint8Array[] => [
  utf8(`aliyun_v4${secret}`),
  ...[date, region, 'oss', 'aliyun_v4_request'].map(utf8),
];

/** The key of one day and region. Costs four HMACs; a caller that signs much may keep it for the day. */
export function ossV4SigningKey(digests: SigningDigests, secret: string, scope: OssV4Scope): Uint8Array {
  return keySteps(secret, scope).reduce((key, step) => digests.hmacSha256(key, step));
}

export function ossV4Signature(
  digests: SigningDigests,
  signingKey: Uint8Array,
  scope: OssV4Scope,
  date: string,
  canonicalRequest: string,
): string {
  return hex(digests.hmacSha256(signingKey, utf8(ossV4StringToSign(digests, scope, date, canonicalRequest))));
}

/** Names as the wire wants them: lower-case, ascending, once, without those that are signed anyway. */
export function additionalNames(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase()).filter((name) => !isAlwaysSigned(name));
  return [...new Set(lower)].sort(compareText);
}
