import type { Decision } from '@sluice/policy';
import { bucketArn, formatIso, objectArn, ossServiceArn } from '@sluice/wire';
import type { Decided } from '../audit/decisions.js';
import type { ObjectAcl, Queryable } from '../db/schema.js';
import type { Authoriser } from '../gate/authorise.js';
import type { Principal } from '../gate/principal.js';
import { isPublic } from './acl.js';
import type { Bucket } from './catalog/buckets.js';
import { findAcl, type ObjectRow } from './catalog/objects.js';
import type { AccessTo, Call, Grounds, ObjectCall } from './operation.js';
import { OssError } from './oss-error.js';

export interface AccessContext {
  readonly sourceIp: string;
  readonly secure: boolean;
  /** When the request came; milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The one place where the data plane asks for permission. Policies decide, that of the bucket among them; what everybody may read is open to everybody
 * whom no policy denies it. An ACL costs one look at the catalog, whether there is such an object or not, and only where
 * policy does not allow.
 * @throws {OssError} `AccessDenied` with the texts of reference oss 2.6
 */
export async function authoriseCall(
  { authoriser, db, decided }: AccessParts & { readonly db: Queryable },
  principal: Principal,
  { action, bucket, key, publicRead, conditions: more }: AccessTo,
  context: AccessContext,
): Promise<Grounds> {
  const { account_id: account, bucket: name, policy } = bucket;
  const resource = key === undefined ? bucketArn(account, name) : objectArn(account, name, key);
  let decision: Decision | undefined;
  // Without a policy of the bucket nobody of another account can have been given anything.
  if (policy !== null || (principal.kind !== 'anonymous' && principal.accountId === account)) {
    decision = await authoriser.decide(principal, {
      action,
      resource,
      context: { ...conditions(context), ...more },
      ...(policy === null ? {} : { bucketPolicy: { bucket: name, ownerId: account, document: policy } }),
    });
    if (decision.allowed) {
      decided?.({ principal, demand: { action, resource }, decision });
      return 'policy';
    }
  }
  const mayBeOpen = publicRead && decision?.noPermissionType !== 'ExplicitDeny';
  const object = mayBeOpen && key !== undefined ? await findAcl(db, { bucket: name, key }) : undefined;
  const byAcl = mayBeOpen === true && isPublic(bucket.acl, object);
  decided?.({ principal, demand: { action, resource }, decision: decision ?? notAsked, byAcl });
  if (byAcl) return 'acl';
  if (decision?.noPermissionType === 'ExplicitDeny' && decision.policyType === 'ResourceBasedPolicy') {
    throw denied('bucket policy');
  }
  throw denied(decision?.policyType === 'SessionPolicy' ? 'session' : 'because of bucket acl');
}

interface AccessParts {
  readonly authoriser: Authoriser;
  /** Is told of each answer, of a refusal too; for the audit trail. */
  readonly decided?: ((one: Decided) => void) | undefined;
}

const notAsked: Decision = { allowed: false, verdicts: {} };

/**
 * Who may write an object may not open it to everybody for that alone.
 * @param acl that the object is to get
 * @throws {OssError} `AccessDenied`
 */
export async function authoriseOpening(
  call: Pick<Call, 'authorise'>,
  object: { readonly bucket: Bucket; readonly key: string },
  acl: ObjectAcl | undefined,
): Promise<void> {
  if (acl === undefined || acl === 'default' || acl === 'private') return;
  await call.authorise({ action: 'oss:PutObjectAcl', ...object });
}

/**
 * An object that was opened on the ground of its ACL may have been replaced since by one that is not open: to be called
 * with the one that is about to be shown.
 * @throws {OssError} `AccessDenied`
 */
export function requireStillPublic(
  { grounds, bucket }: Pick<ObjectCall, 'grounds' | 'bucket'>,
  { acl }: Pick<ObjectRow, 'acl'>,
): void {
  if (grounds === 'acl' && !isPublic(bucket.acl, acl)) throw denied('because of bucket acl');
}

/**
 * Permission for what belongs to no bucket yet: asked in the caller's own account, and never given to the anonymous.
 * @param bucketName absent: the service as a whole
 * @throws {OssError} `AccessDenied`
 */
export async function authoriseInAccount(
  { authoriser, decided }: AccessParts,
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
  decided?.({ principal, demand: { action, resource }, decision });
  if (decision.allowed) return;
  throw denied(decision.policyType === 'SessionPolicy' ? 'session' : 'user');
}

/** Those that every request has, on every plane (reference ram-sts 3.3): a Deny that is about one of them always applies. */
const conditions = ({ sourceIp, secure, now }: AccessContext) => ({
  'acs:CurrentTime': formatIso(now),
  'acs:SourceIp': sourceIp,
  'acs:SecureTransport': String(secure),
});

function denied(why: 'session' | 'user' | 'bucket policy' | 'because of bucket acl'): OssError {
  if (why === 'bucket policy') {
    return new OssError('AccessDenied', { message: 'Access denied by bucket policy.', ec: '0003-00000101' });
  }
  if (why === 'session') return new OssError('AccessDenied', { message: "Access denied by authorizer's policy." });
  if (why === 'user') return new OssError('AccessDenied', { message: 'You are forbidden to do this.' });
  return new OssError('AccessDenied', {
    message: 'You have no right to access this object because of bucket acl.',
    ec: '0003-00000001',
  });
}
