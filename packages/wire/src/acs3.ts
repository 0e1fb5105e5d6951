/**
 * ACS3-HMAC-SHA256, the header signature of the current Alibaba Cloud SDK cores. Reference: ram-sts 4.3.
 */
import { equalsConstantTime } from './constant-time.js';
import type { SigningDigests } from './digests.js';
import { compareText, hex, type Pair, percentEncode, utf8 } from './encoding.js';
import { headerValue, isHeaderPerLine, repeatsName } from './soundness.js';

/** Name of the scheme in `Authorization`. */
export const ACS3_ALGORITHM = 'ACS3-HMAC-SHA256';

/**
 * Headers that a signature must cover; every other `x-acs-*` header too when it is sent, and `content-type` when there
 * is a body.
 */
export const ACS3_REQUIRED_SIGNED_HEADERS: readonly string[] = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
];

const EMPTY_BODY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** As much of a request as is signed. */
export interface Acs3Request {
  readonly method: string;
  /** Decoded query parameters. */
  readonly query: readonly Pair[];
  /** Lower-case names; exactly one value each. */
  readonly headers: ReadonlyMap<string, string>;
  /** Lower-case hexadecimal SHA-256 of the raw body. */
  readonly bodySha256: string;
}

/** An `Authorization` header of ACS3, taken apart. */
export interface Acs3Authorization {
  readonly accessKeyId: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^ACS3-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/** `undefined` when the header is not a well-formed ACS3 authorization. */
export function parseAcs3Authorization(header: string): Acs3Authorization | undefined {
  const m = AUTHORIZATION.exec(header);
  if (!m) return undefined;
  return { accessKeyId: m[1] as string, signedHeaders: (m[2] as string).split(';'), signature: m[3] as string };
}

/** Every `x-acs-*` header, `host` and `content-type`: what the official cores sign. */
export function acs3SignableHeaders(headers: ReadonlyMap<string, string>): string[] {
  return [...headers.keys()]
    .filter((name) => name.startsWith('x-acs-') || name === 'host' || name === 'content-type')
    .sort(compareText);
}

/** What is signed of a request (reference ram-sts 4.2). @param signedHeaders lower-case, ascending */
export function acs3CanonicalRequest(request: Acs3Request, signedHeaders: readonly string[]): string {
  const query = request.query
    .map(([name, value]): Pair => [percentEncode(name), percentEncode(value)])
    .sort(([a, x], [b, y]) => compareText(a, b) || compareText(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const headers = signedHeaders.map((name) => `${name}:${headerValue(request.headers.get(name) ?? '')}\n`).join('');
  return `${request.method.toUpperCase()}\n/\n${query}\n${headers}\n${signedHeaders.join(';')}\n${request.bodySha256}`;
}

/** The text whose HMAC is the signature. */
export function acs3StringToSign(digests: SigningDigests, canonicalRequest: string): string {
  return `${ACS3_ALGORITHM}\n${hex(digests.sha256(utf8(canonicalRequest)))}`;
}

function acs3Signature(
  digests: SigningDigests,
  secret: string,
  request: Acs3Request,
  signedHeaders: readonly string[],
): string {
  const text = acs3StringToSign(digests, acs3CanonicalRequest(request, signedHeaders));
  return hex(digests.hmacSha256(utf8(secret), utf8(text)));
}

/** The value of the `Authorization` header. */
export function signAcs3(digests: SigningDigests, accessKeyId: string, secret: string, request: Acs3Request): string {
  const signed = acs3SignableHeaders(request.headers);
  const signature = acs3Signature(digests, secret, request, signed);
  return `${ACS3_ALGORITHM} Credential=${accessKeyId},SignedHeaders=${signed.join(';')},Signature=${signature}`;
}

/**
 * True when the signature is right **and** it covers all that it has to cover. A list of signed headers that is not
 * sorted, repeats a name, or names a header that was not sent is refused: it could only hide something. So is a
 * repeated query parameter, whose order is not signed. The path is not part of {@link Acs3Request}: the caller serves
 * these calls at `/` alone.
 */
export function verifyAcs3(
  digests: SigningDigests,
  secret: string,
  request: Acs3Request,
  authorization: Acs3Authorization,
): boolean {
  const { signedHeaders } = authorization;
  const ascending = signedHeaders.every((name, i) => i === 0 || compareText(signedHeaders[i - 1] as string, name) < 0);
  const sent = signedHeaders.every((name) => request.headers.has(name));
  // The content type decides whether the body's parameters are read at all: unsigned, it could be changed in order to
  // drop them (a session policy among them). Without a body it decides nothing, and HTTP stacks like to add one.
  const bodyType = request.bodySha256 === EMPTY_BODY_SHA256 ? undefined : 'content-type';
  const required = [
    ...ACS3_REQUIRED_SIGNED_HEADERS,
    ...[...request.headers.keys()].filter((name) => name.startsWith('x-acs-') || name === bodyType),
  ];
  const signed = new Set(signedHeaders);
  const covered = required.every((name) => signed.has(name));
  const sound = !repeatsName(request.query) && isHeaderPerLine(request.headers);
  const bodyNamed = request.headers.get('x-acs-content-sha256') === request.bodySha256;
  const genuine = equalsConstantTime(acs3Signature(digests, secret, request, signedHeaders), authorization.signature);
  return ascending && sent && covered && bodyNamed && sound && genuine;
}
