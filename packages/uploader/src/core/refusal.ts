/** What an error answer means for the call: who may heal it, and how. */
import { ServiceError } from './upload-error.js';

// oss 2.6: an expired STS key is told as any of these; ram-sts 4.5 and vod 1.7 for the control plane.
// SignatureDoesNotMatch is deliberately not here: it is a wrong secret, and would be refreshed for ever.
const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'SecurityTokenExpired',
  'InvalidAccessKeyId',
  'InvalidSecurityToken',
  'InvalidSecurityToken.Expired',
  'InvalidAccessKeyId.NotFound',
]);
const SKEW_CODES: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'InvalidTimeStamp.Expired']);

/** Expired or revoked: the call heals with fresh credentials. */
export const isCredentialRefusal = (error: unknown): boolean =>
  error instanceof ServiceError && CREDENTIAL_CODES.has(error.code);

/** The clock of this device is off: the call heals with a corrected date. */
export const isSkewRefusal = (error: unknown): boolean => error instanceof ServiceError && SKEW_CODES.has(error.code);

/** Whether an answer of this status and code may be different next time. */
export function isTransient(status: number, code: string): boolean {
  return (
    status >= 500 ||
    status === 408 ||
    status === 429 ||
    code === 'RequestTimeout' ||
    code === 'SignatureNonceUsed' ||
    code.startsWith('Throttling')
  );
}

/** The media behind a checkpoint can no longer be filled: it has to be made anew. Reference: vod 4.4. */
export const isMediaGone = (code: string): boolean =>
  code === 'InvalidVideo.NotFound' || code === 'InvalidVideo.Damaged';

const NOT_OURS: ReadonlySet<string> = new Set(['Forbidden', 'Forbidden.RAM', 'NoPermission']);

/** The media behind a checkpoint may not be filled by who is logged in now: somebody else began it on this device. */
export const isMediaOfOthers = (code: string): boolean => NOT_OURS.has(code);
