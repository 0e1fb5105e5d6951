/** OSS signature V4 as clients need it: the `Authorization` header. Reference: oss 2.3. */
import type { SigningDigests } from './digests.js';
import type { OssRequest } from './oss-request.js';
import {
  additionalNames,
  canonicalRequest,
  OSS_V4_ALGORITHM,
  ossV4Signature,
  ossV4SigningKey,
  scopeText,
} from './oss-v4-text.js';

export {
  OSS_V4_ALGORITHM,
  type OssV4Scope,
  ossV4SigningKey,
  ossV4StringToSign,
  UNSIGNED_PAYLOAD,
} from './oss-v4-text.js';

/**
 * The value of the `Authorization` header. The request must carry `x-oss-date` (basic ISO format) and
 * `x-oss-content-sha256: UNSIGNED-PAYLOAD`, and each of the additional headers.
 */
export function signOssV4Header(
  digests: SigningDigests,
  accessKeyId: string,
  secret: string,
  region: string,
  request: OssRequest,
  additionalHeaders: readonly string[] = [],
): string {
  const date = request.headers.get('x-oss-date') ?? '';
  const scope = { date: date.slice(0, 8), region };
  const extra = additionalNames(additionalHeaders);
  const key = ossV4SigningKey(digests, secret, scope);
  const signature = ossV4Signature(digests, key, scope, date, canonicalRequest(request, extra));
  const named = extra.length > 0 ? `,AdditionalHeaders=${extra.join(';')}` : '';
  return `${OSS_V4_ALGORITHM} Credential=${accessKeyId}/${scopeText(scope)}${named},Signature=${signature}`;
}
