import {
  type AccessRequest,
  authorise,
  type Decision,
  type NamedPolicy,
  type Policy,
  type PolicyKind,
  parsePolicy,
} from '@sluice/policy';
import { objectArn } from '@sluice/wire';
import { LRUCache } from 'lru-cache';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { AccessQuestion, Authoriser, BucketPolicySide } from './authorise.js';
import { decideWithBucketPolicy, fullRights, noRights, type OwnPolicies } from './bucket-policy.js';
import type { Principal, SessionPrincipal, UploadGrantPrincipal, UserPrincipal } from './principal.js';

/** Parses each distinct document once; documents are immutable texts, so the text is the key. */
export function policyCache(kind: PolicyKind = 'identity', maxDocuments = 5_000): (text: string) => Policy {
  const cache = new LRUCache<string, Policy>({ max: maxDocuments });
  return (text) => {
    let policy = cache.get(text);
    if (!policy) {
      policy = parsePolicy(text, kind);
      cache.set(text, policy);
    }
    return policy;
  };
}

/** Fewer than of identities: documents of buckets are up to 16 KB each. */
const BUCKET_POLICIES_KEPT = 250;

/** Authorisation by the policy language. Reference: ram-sts 3.4. */
export function policyAuthoriser(store: IdentityStore, parse: (text: string) => Policy): Authoriser {
  const parseBucketPolicy = policyCache('resource', BUCKET_POLICIES_KEPT);

  async function identityOf(principal: string): Promise<NamedPolicy[]> {
    const attached = await store.attachedPolicies(principal);
    return attached.map(({ name, type, document }) => ({ name, type, policy: parse(document) }));
  }

  async function ownPolicies(principal: UserPrincipal | SessionPrincipal): Promise<OwnPolicies> {
    const identity = await identityOf(
      principal.kind === 'user' ? userPrincipal(principal.userId) : rolePrincipal(principal.roleId),
    );
    const session = sessionPolicy(principal, parse);
    return { identity, ...(session ? { session } : {}) };
  }

  async function decideAboutBucket(
    principal: Principal,
    question: AccessQuestion,
    { document, ...side }: BucketPolicySide,
  ): Promise<Decision> {
    if (principal.kind === 'federated') return implicitDeny;
    // What a grant is for ends with its object: nothing can be added to it.
    if (principal.kind === 'upload-grant' && !decideGrant(principal, question).allowed) return implicitDeny;
    const own =
      principal.kind === 'user' || principal.kind === 'session'
        ? await ownPolicies(principal)
        : principal.kind === 'anonymous'
          ? noRights
          : fullRights;
    return decideWithBucketPolicy(principal, own, question, {
      ...side,
      readPolicy: () => parseBucketPolicy(document),
    });
  }

  return {
    async decide(principal, question) {
      if (question.bucketPolicy !== undefined) return decideAboutBucket(principal, question, question.bucketPolicy);
      if (principal.kind === 'account') return { allowed: true, verdicts: { identity: { outcome: 'Allow' } } };
      if (principal.kind === 'anonymous' || principal.kind === 'federated') return implicitDeny;
      if (principal.kind === 'upload-grant') return decideGrant(principal, question);
      return authorise(await ownPolicies(principal), accessRequest(question));
    },
  };
}

export function sessionPolicy(principal: Principal, parse: (text: string) => Policy): NamedPolicy | undefined {
  return principal.kind === 'session' && principal.sessionPolicy !== undefined
    ? { name: 'session policy', type: 'Session', policy: parse(principal.sessionPolicy) }
    : undefined;
}

export function accessRequest({ action, resource, context }: AccessQuestion): AccessRequest {
  return { action, resource, ...(context ? { context } : {}) };
}

const implicitDeny: Decision = {
  allowed: false,
  noPermissionType: 'ImplicitDeny',
  policyType: 'AccountLevelIdentityBasedPolicy',
  verdicts: { identity: { outcome: 'ImplicitDeny' } },
};

const GRANT_ACTIONS: ReadonlySet<string> = new Set(['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload']);

/** An upload grant writes its one object and nothing else. The names are compared whole: no pattern is involved. */
function decideGrant(grant: UploadGrantPrincipal, question: AccessQuestion): Decision {
  const own = objectArn(grant.accountId, grant.bucket, grant.key) === question.resource;
  return own && GRANT_ACTIONS.has(question.action)
    ? { allowed: true, verdicts: { identity: { outcome: 'Allow' } } }
    : implicitDeny;
}
