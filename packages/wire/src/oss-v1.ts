/**
 * OSS signature V1 (HMAC-SHA1), in the `Authorization` header and in the URL. Reference: oss 2.1, 2.2.
 */
import { equalsConstantTime } from './constant-time.js';
import type { Digests } from './digests.js';
import { base64, compareText, type Pair, utf8 } from './encoding.js';
import { type OssRequest, signedResource } from './oss-request.js';
import { isOssSubResource } from './oss-sub-resources.js';

/** Query parameters that carry a V1 URL signature. */
export const OSS_V1_URL_PARAMETERS = ['OSSAccessKeyId', 'Expires', 'Signature'] as const;

/**
 * @param date the text of the date line: `x-oss-date` if sent, else `Date`; for a signed URL the `Expires` value
 */
export function ossV1StringToSign(request: OssRequest, date: string): string {
  const { headers } = request;
  const ossHeaders = [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
  const signed = request.query.filter(([name]) => isOssSubResource(name)).sort(([a], [b]) => compareText(a, b));
  const query = signed.map(([name, value]) => (value === '' ? name : `${name}=${value}`)).join('&');
  const resource = signedResource(request) + (query === '' ? '' : `?${query}`);
  return [
    request.method.toUpperCase(),
    headers.get('content-md5')?.trim() ?? '',
    headers.get('content-type')?.trim() ?? '',
    date,
    `${ossHeaders}${resource}`,
  ].join('\n');
}

function ossV1Signature(digests: Digests, secret: string, request: OssRequest, date: string): string {
  return base64(digests.hmacSha1(utf8(secret), utf8(ossV1StringToSign(request, date))));
}

/** The date line of a header-signed request. */
export function ossV1Date(headers: ReadonlyMap<string, string>): string {
  return (headers.get('x-oss-date') ?? headers.get('date') ?? '').trim();
}

/** The value of the `Authorization` header. The request must carry `x-oss-date` or `date`. */
export function signOssV1Header(digests: Digests, accessKeyId: string, secret: string, request: OssRequest): string {
  return `OSS ${accessKeyId}:${ossV1Signature(digests, secret, request, ossV1Date(request.headers))}`;
}

/** `undefined` when the header is not `OSS <id>:<signature>`. */
export function parseOssV1Authorization(header: string): { accessKeyId: string; signature: string } | undefined {
  const m = /^OSS ([^:\s]+):([A-Za-z0-9+/]{27}=)$/.exec(header);
  return m ? { accessKeyId: m[1] as string, signature: m[2] as string } : undefined;
}

export function verifyOssV1Header(digests: Digests, secret: string, request: OssRequest, signature: string): boolean {
  return equalsConstantTime(ossV1Signature(digests, secret, request, ossV1Date(request.headers)), signature);
}

/**
 * The query parameters of a signed URL: those of the request, and the signature's own.
 * @param expires seconds since the Unix epoch
 */
export function signOssV1Url(
  digests: Digests,
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

export function verifyOssV1Url(
  digests: Digests,
  secret: string,
  request: OssRequest,
  expires: string,
  signature: string,
): boolean {
  return equalsConstantTime(ossV1Signature(digests, secret, request, expires), signature);
}
