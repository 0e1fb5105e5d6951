import { objectArn } from '@sluice/wire';
import type { Authoriser } from '../gate/authorise.js';
import type { Principal } from '../gate/principal.js';
import type { Bucket } from './catalog/buckets.js';
import type { ObjectName } from './catalog/objects.js';
import type { Operation } from './operation.js';
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
  { action, publicRead }: Pick<Operation, 'action' | 'publicRead'>,
  { bucket, name, context }: { bucket: Bucket; name: ObjectName; context: AccessContext },
): Promise<void> {
  const open = publicRead === true && bucket.acl !== 'private';
  // Buckets have no policies of their own yet, so nobody of another account can have been given anything.
  const stranger = principal.kind === 'anonymous' || principal.accountId !== bucket.account_id;
  if (stranger && open) return;
  if (stranger) throw denied('because of bucket acl');
  const decision = await authoriser.decide(principal, {
    action,
    resource: objectArn(bucket.account_id, name.bucket, name.key),
    context: { 'acs:SourceIp': context.sourceIp, 'acs:SecureTransport': String(context.secure) },
  });
  if (decision.allowed || (open && decision.noPermissionType !== 'ExplicitDeny')) return;
  throw denied(decision.policyType === 'SessionPolicy' ? 'session' : 'because of bucket acl');
}

function denied(why: 'session' | 'because of bucket acl'): OssError {
  if (why === 'session') return new OssError('AccessDenied', { message: "Access denied by authorizer's policy." });
  return new OssError('AccessDenied', {
    message: 'You have no right to access this object because of bucket acl.',
    ec: '0003-00000001',
  });
}
