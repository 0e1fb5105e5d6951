/** What a bucket's policy changes about a decision. Reference: ram-sts 3.4. */
import { authorise, type Decision, type NamedPolicy, type Policy, parsePolicy } from '@sluice/policy';
import type { AccessQuestion, BucketPolicySide } from './authorise.js';
import type { Principal } from './principal.js';

/** What the caller's own policies are, as far as they go. */
export interface OwnPolicies {
  readonly session?: NamedPolicy | undefined;
  readonly identity: readonly NamedPolicy[];
}

/**
 * Only identity policies give these: who is let into a bucket by its policy, be it to everything, may not let in others or
 * himself further.
 */
const NEVER_GIVEN: ReadonlySet<string> = new Set(['oss:PutBucketPolicy', 'oss:DeleteBucketPolicy']);

/** The account that owns a bucket can always mend its policy: it could lock itself out otherwise. */
const NEVER_TAKEN_FROM_OWNER: ReadonlySet<string> = new Set([
  ...NEVER_GIVEN,
  'oss:GetBucketPolicy',
  'oss:GetBucketPolicyStatus',
]);

/** Who does not sign may read and list, whatever a policy says. Texts of actions, wildcards included, that begin like this. */
const READING = /^oss:(?:getobject|listobject)/i;

/**
 * Whether all that a pattern of actions stands for is open to be allowed to everybody. Restoring and playlists are harmless
 * and are in the "read only" of OSS's console.
 */
export const mayBeAllowedToEverybody = (action: string): boolean =>
  READING.test(action) || /^oss:(?:restoreobject|getvodplaylist)/i.test(action);

/** Stands for who has full rights by itself: the account, and the holder of a grant within that. */
const EVERYTHING: NamedPolicy = {
  name: 'full rights',
  type: 'Builtin',
  policy: parsePolicy('{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'),
};

export const fullRights: OwnPolicies = { identity: [EVERYTHING] };
export const noRights: OwnPolicies = { identity: [] };

const implicitDeny: Decision = {
  allowed: false,
  noPermissionType: 'ImplicitDeny',
  policyType: 'ResourceBasedPolicy',
  verdicts: { identity: { outcome: 'ImplicitDeny' } },
};
const ownersRight: Decision = { allowed: true, verdicts: { identity: { outcome: 'Allow' } } };

/**
 * A decision about a bucket that has a policy, or about something in it.
 * @param side with its policy, which is read only where it counts: one that cannot be read is no wall before its owner
 */
export function decideWithBucketPolicy(
  principal: Principal,
  { session, identity }: OwnPolicies,
  { action, resource, context }: AccessQuestion,
  { bucket, ownerId, readPolicy }: Omit<BucketPolicySide, 'document'> & { readPolicy(): Policy },
): Decision {
  const foreign = principal.kind === 'anonymous' || principal.accountId !== ownerId;
  const byOwner = principal.kind === 'account' && !foreign;
  if (byOwner && NEVER_TAKEN_FROM_OWNER.has(action)) return ownersRight;
  const decision = authorise(
    { session, identity, resource: { policy: { name: bucket, type: 'Resource', policy: readPolicy() }, foreign } },
    { action, resource, principalArns: namesOf(principal), byOwner, ...(context ? { context } : {}) },
  );
  if (!decision.allowed) return decision;
  if (principal.kind === 'anonymous' && !READING.test(action)) return implicitDeny;
  const byIdentity = !foreign && decision.verdicts.identity?.outcome === 'Allow';
  return NEVER_GIVEN.has(action) && !byIdentity ? implicitDeny : decision;
}

/** As `Principal` of a bucket policy names them. An account's id is the account alone, and not its users. */
function namesOf(principal: Principal): readonly string[] {
  switch (principal.kind) {
    case 'account':
      return [principal.accountId];
    case 'user':
      return [principal.userId];
    case 'session':
      return [`arn:sts::${principal.accountId}:assumed-role/${principal.roleName}/${principal.sessionName}`];
    default:
      return [];
  }
}
