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

/** Bytes, about, of what is kept of documents that were read: some five thousand of the usual ones. */
const KEPT_BYTES = 96 * 1024 * 1024;

/**
 * What a document takes once it is read, about, and rather too much. A usual one takes 10 KB, one of the same length that is made
 * for it a hundred times that: texts, slots and wildcards are read into searches, and `?` into tables of every character beside it.
 */
function compiledBytes(text: string): number {
  const bytes = { '"': 150, ':': 150, '*': 250, '?': 400 } as Readonly<Record<string, number>>;
  let sum = 1000;
  for (const character of text) sum += 12 + (bytes[character] ?? 0);
  return text.includes('?') ? sum + text.length * (180 + text.length / 8) : sum;
}

/** Parses each distinct document once; documents are immutable texts, so the text is the key. */
export function policyCache(kind: PolicyKind = 'identity'): (text: string) => Policy {
  const cache = new LRUCache<string, Policy>({
    maxSize: KEPT_BYTES,
    sizeCalculation: (_, text) => Math.ceil(compiledBytes(text)),
  });
  return (text) => {
    let policy = cache.get(text);
    if (!policy) {
      policy = parsePolicy(text, kind);
      cache.set(text, policy);
    }
    return policy;
  };
}

/** Authorisation by the policy language. Reference: ram-sts 3.4. */
export function policyAuthoriser(store: IdentityStore, parse: (text: string) => Policy): Authoriser {
  const parseBucketPolicy = policyCache('resource');

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
