/**
 * RPC signature with HMAC-SHA1 ("V2" in the help pages, `SignatureVersion=1.0` on the wire).
 * Reference: ram-sts 4.1.
 */
import { equalsConstantTime } from './constant-time.js';
import type { SigningDigests } from './digests.js';
import { base64, compareText, type Pair, percentEncode, utf8 } from './encoding.js';
import { repeatsName } from './soundness.js';

/**
 * @param method the real HTTP method
 * @param params every parameter, query and form body together; `Signature` itself is left out of the text
 */
export function rpcStringToSign(method: string, params: Iterable<Pair>): string {
  const canonical = [...params]
    .filter(([name]) => name !== 'Signature')
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`)
    .join('&');
  return `${method.toUpperCase()}&%2F&${percentEncode(canonical)}`;
}

/** The value of the `Signature` parameter. */
export function signRpc(digests: SigningDigests, secret: string, method: string, params: Iterable<Pair>): string {
  return base64(digests.hmacSha1(utf8(`${secret}&`), utf8(rpcStringToSign(method, params))));
}

/**
 * Verifies by decoding and encoding again, never by trusting the sender's escapes: several official clients send
 * `*` raw though they sign `%2A`. `params` are decoded. A repeated name is refused: the signature would not tell which
 * of the values counts.
 */
export function verifyRpc(
  digests: SigningDigests,
  secret: string,
  method: string,
  params: readonly Pair[],
  signature: string,
): boolean {
  if (repeatsName(params)) return false;
  return equalsConstantTime(signRpc(digests, secret, method, params), signature);
}
