import { bucketArn, objectArn, ossServiceArn } from '@sluice/wire';
import type { Authoriser } from '../gate/authorise.js';
import type { Principal } from '../gate/principal.js';
import type { AccessTo } from './operation.js';
import { OssError } from './oss-error.js';

export interface AccessContext {
  readonly sourceIp: string;
  readonly secure: boolean;
}

/**
 * The one place where the data plane asks for permission. Policy decides; a bucket that everybody may read is open to
 * everybody whom no policy denies it.
 * @throws {OssError} `AccessDenied` with the texts of reference oss 2.6
 */
export async function authoriseCall(
  authoriser: Authoriser,
  principal: Principal,
  { action, bucket, key, publicRead }: AccessTo,
  context: AccessContext,
): Promise<void> {
  const open = publicRead === true && bucket.acl !== 'private';
  // Buckets have no policies of their own yet, so nobody of another account can have been given anything.
  const stranger = principal.kind === 'anonymous' || principal.accountId !== bucket.account_id;
  if (stranger && open) return;
  if (stranger) throw denied('because of bucket acl');
  const { account_id: account, bucket: name } = bucket;
  const resource = key === undefined ? bucketArn(account, name) : objectArn(account, name, key);
  const decision = await authoriser.decide(principal, { action, resource, context: conditions(context) });
  if (decision.allowed || (open && decision.noPermissionType !== 'ExplicitDeny')) return;
  throw denied(decision.policyType === 'SessionPolicy' ? 'session' : 'because of bucket acl');
}

/**
 * Permission for what belongs to no bucket yet: asked in the caller's own account, and never given to the anonymous.
 * @param bucketName absent: the service as a whole
 * @throws {OssError} `AccessDenied`
 */
export async function authoriseInAccount(
  authoriser: Authoriser,
  principal: Principal,
  { action, bucketName }: { action: string; bucketName?: string },
  context: AccessContext,
): Promise<void> {
  if (principal.kind === 'anonymous') {
    throw new OssError('AccessDenied', { message: 'Anonymous access is forbidden for this operation.' });
  }
  const { accountId } = principal;
  const resource = bucketName === undefined ? ossServiceArn(accountId) : bucketArn(accountId, bucketName);
  const decision = await authoriser.decide(principal, { action, resource, context: conditions(context) });
  if (decision.allowed) return;
  throw denied(decision.policyType === 'SessionPolicy' ? 'session' : 'user');
}

const conditions = ({ sourceIp, secure }: AccessContext) => ({
  'acs:SourceIp': sourceIp,
  'acs:SecureTransport': String(secure),
});

function denied(why: 'session' | 'user' | 'because of bucket acl'): OssError {
  if (why === 'session') return new OssError('AccessDenied', { message: "Access denied by authorizer's policy." });
  if (why === 'user') return new OssError('AccessDenied', { message: 'You are forbidden to do this.' });
  return new OssError('AccessDenied', {
    message: 'You have no right to access this object because of bucket acl.',
    ec: '0003-00000001',
  });
}
