import { OssError, type OssErrorCode, type OssErrorDetail } from '../oss/oss-error.js';
import type { CredentialFailure } from './credentials.js';

/** Codes of reference oss 2.6. */
const FAILURES: Readonly<Record<CredentialFailure, readonly [OssErrorCode, OssErrorDetail]>> = {
  'unknown-access-key': ['InvalidAccessKeyId', {}],
  'inactive-access-key': ['InvalidAccessKeyId', { message: 'The OSS Access Key Id you provided is disabled.' }],
  'missing-token': ['InvalidAccessKeyId', {}],
  'malformed-token': ['InvalidSecurityToken', { ec: '0002-00000006' }],
  'mismatched-token': ['AccessKeyIdAndSecurityTokenNotMatch', {}],
  'expired-token': ['SecurityTokenExpired', { ec: '0002-00000007' }],
  'revoked-token': ['InvalidSecurityToken', { ec: '0002-00000006' }],
};

/** The refusal of the data plane for credentials that name nobody. */
export function refusedCredential(failure: CredentialFailure, accessKeyId: string): OssError {
  const [code, detail] = FAILURES[failure];
  return new OssError(code, { ...detail, extra: [['OSSAccessKeyId', accessKeyId]] });
}
