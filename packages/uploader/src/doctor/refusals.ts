/** What a refusal of the services means, where every call may meet it. */
import { codeOf, UploadError } from '../core/upload-error.js';
import { clockRefused } from './clock-check.js';
import { type FindingDetail, fail, type Verdict } from './finding.js';

const DENIED = /^(Forbidden(\.\w+)?|NoPermission|AccessDenied|Unauthorized\w*)$/;

export const isDenied = (error: unknown): boolean => DENIED.test(codeOf(error) ?? '');

/** Code, status and request id: what the operator of the server needs to find the call in the log. */
export function detailOf(error: unknown): FindingDetail {
  if (!(error instanceof UploadError)) return {};
  const { code, status, requestId } = error;
  return { code, ...(status === undefined ? {} : { status }), ...(requestId === undefined ? {} : { requestId }) };
}

/**
 * Refusals of the credential itself.
 * @param whose `The token`, `The UploadAuth`
 * @param source who hands it out, as advice: `credentials()`
 */
export function credentialRefused(error: unknown, server: string, whose: string, source: string): Verdict | undefined {
  const code = codeOf(error) ?? '';
  const detail = detailOf(error);
  switch (code) {
    case 'SignatureDoesNotMatch':
      return fail(
        `${server} does not accept the signature (SignatureDoesNotMatch)`,
        `check that ${source} hands out the access key secret that belongs to the access key id, and that no proxy rewrites requests`,
        detail,
      );
    case 'InvalidAccessKeyId':
    case 'InvalidAccessKeyId.NotFound':
    case 'InvalidAccessKeyId.Inactive':
      return fail(
        `${server} does not know the access key of ${whose.replace(/^The/, 'the')} (${code})`,
        `check that ${source} asks the same server, and that the key was not deleted or disabled`,
        detail,
      );
    case 'SecurityTokenExpired':
    case 'InvalidSecurityToken.Expired':
      return fail(
        `${whose} has expired or was revoked (${code})`,
        `let ${source} ask for a new one instead of caching it beyond its end`,
        detail,
      );
    case 'InvalidTimeStamp.Expired':
    case 'RequestTimeTooSkewed':
      return clockRefused(server, code);
    default:
      if (!/SecurityToken/.test(code)) return undefined;
      return fail(
        `${server} does not accept ${whose.replace(/^The/, 'the')} (${code})`,
        `check that ${source} hands out key id, secret and token of one and the same answer of AssumeRole, unchanged`,
        detail,
      );
  }
}
