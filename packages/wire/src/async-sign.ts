/** The signatures a client makes, by digests that may answer later. The formulas are those of the modules named. */
import type { AsyncDigests } from './digests.js';
import { base64, hex, type Pair, utf8 } from './encoding.js';
import type { OssRequest } from './oss-request.js';
import { canonicalRequest, keySteps, OSS_V4_ALGORITHM, scopeText, textOfHash } from './oss-v4-text.js';
import { rpcStringToSign } from './rpc-sha1.js';

/** As `signRpc` of `rpc-sha1.ts`. */
export async function signRpcAsync(
  digests: AsyncDigests,
  secret: string,
  method: string,
  params: Iterable<Pair>,
): Promise<string> {
  return base64(await digests.hmacSha1(utf8(`${secret}&`), utf8(rpcStringToSign(method, params))));
}

/** As `signOssV4Header` of `oss-v4-sign.ts`, without additional headers. */
export async function signOssV4HeaderAsync(
  digests: AsyncDigests,
  accessKeyId: string,
  secret: string,
  region: string,
  request: OssRequest,
): Promise<string> {
  const date = request.headers.get('x-oss-date') ?? '';
  const scope = { date: date.slice(0, 8), region };
  const [first, ...steps] = keySteps(secret, scope);
  let key = first as Uint8Array;
  for (const step of steps) key = await digests.hmacSha256(key, step);
  const text = textOfHash(scope, date, await digests.sha256(utf8(canonicalRequest(request, []))));
  const signature = hex(await digests.hmacSha256(key, utf8(text)));
  return `${OSS_V4_ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)},Signature=${signature}`;
}
