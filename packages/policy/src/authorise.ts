import { type AccessRequest, evaluate, type Verdict } from './evaluate.js';
import type { NamedPolicy } from './policy.js';

/** The answer, and what an `AccessDeniedDetail` says about a refusal (reference ram-sts 4.6). */
export interface Decision {
  readonly allowed: boolean;
  /** Absent when allowed. */
  readonly noPermissionType?: 'ExplicitDeny' | 'ImplicitDeny';
  /** Which set refused; absent when allowed. */
  readonly policyType?: 'SessionPolicy' | 'AccountLevelIdentityBasedPolicy' | 'AssumeRolePolicy';
  readonly verdicts: { readonly session?: Verdict; readonly identity: Verdict; readonly trust?: Verdict };
}

type PolicyType = NonNullable<Decision['policyType']>;

interface IdentitySets {
  /** The session policy of a role session, if it was given one. */
  readonly session?: NamedPolicy | undefined;
  /** Policies of the user and its groups, or of the role. */
  readonly identity: readonly NamedPolicy[];
}

/**
 * Whether an identity may act (reference ram-sts 3.4). Anything but Allow from the session policy is final; then the
 * identity's own policies must allow. Account roots are not asked: they own everything.
 */
export function authorise(sets: IdentitySets, request: AccessRequest): Decision {
  return decide(judge(sets, request));
}

/**
 * Whether a caller may assume a role: identity policies AND trust policy must allow, even inside one account
 * (reference ram-sts 1.7). `request.resource` is the role's ARN, `request.principalArns` are the caller's.
 */
export function authoriseAssumeRole(sets: IdentitySets & { trust: NamedPolicy }, request: AccessRequest): Decision {
  return decide({ ...judge(sets, request), trust: evaluate([sets.trust], request) });
}

function judge(sets: IdentitySets, request: AccessRequest): Decision['verdicts'] {
  const identity = evaluate(sets.identity, request);
  return sets.session === undefined ? { identity } : { session: evaluate([sets.session], request), identity };
}

function decide(verdicts: Decision['verdicts']): Decision {
  const { session, identity, trust } = verdicts;
  if (session && session.outcome !== 'Allow') return refuse(verdicts, session, 'SessionPolicy');
  const parts: readonly (readonly [Verdict, PolicyType])[] = [
    [identity, 'AccountLevelIdentityBasedPolicy'],
    ...(trust ? [[trust, 'AssumeRolePolicy'] as const] : []),
  ];
  const blame =
    parts.find(([verdict]) => verdict.outcome === 'ExplicitDeny') ??
    parts.find(([verdict]) => verdict.outcome === 'ImplicitDeny');
  return blame ? refuse(verdicts, ...blame) : { allowed: true, verdicts };
}

function refuse(verdicts: Decision['verdicts'], verdict: Verdict, policyType: PolicyType): Decision {
  const noPermissionType = verdict.outcome === 'ExplicitDeny' ? 'ExplicitDeny' : 'ImplicitDeny';
  return { allowed: false, noPermissionType, policyType, verdicts };
}
