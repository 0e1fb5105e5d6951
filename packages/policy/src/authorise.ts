import { type AccessRequest, judge, type Question, questionOf, type Verdict } from './evaluate.js';
import { explainSet } from './explain.js';
import type { ExplainedSet, Explanation, PolicySet, PolicyType } from './explanation.js';
import { sentenceOf } from './explanation-sentence.js';
import type { NamedPolicy } from './policy.js';

/** The answer, and what an `AccessDeniedDetail` says about a refusal (reference ram-sts 4.6). */
export interface Decision {
  readonly allowed: boolean;
  /** Absent when allowed. */
  readonly noPermissionType?: 'ExplicitDeny' | 'ImplicitDeny';
  /** Which set refused; absent when allowed. */
  readonly policyType?: PolicyType;
  readonly verdicts: {
    readonly session?: Verdict;
    /** Absent for who has none: the holder of a token of an identity provider. */
    readonly identity?: Verdict;
    readonly trust?: Verdict;
    readonly resource?: Verdict;
  };
  /**
   * Why, from the same policies and the same request. Costs nothing until it is called. Absent where no policy was asked:
   * the account itself, the holder of an upload grant, the anonymous.
   */
  readonly explain?: (options?: ExplainOptions) => Explanation;
}

/** How an explanation is told. */
export interface ExplainOptions {
  /** Tell the outcome of the trust policy and nothing of what it says: for readers of another account than the role's. */
  readonly hideTrust?: boolean;
}

interface IdentitySets {
  /** The session policy of a role session, if it was given one. */
  readonly session?: NamedPolicy | undefined;
  /** Policies of the user and its groups, or of the role. */
  readonly identity: readonly NamedPolicy[];
}

/** The policy of what is acted upon. */
export interface ResourceSide {
  readonly policy: NamedPolicy;
  /** The caller is of another account than the resource: what its own policies allow does not reach there. Default: no. */
  readonly foreign?: boolean;
}

type Sets =
  | (IdentitySets & { readonly trust?: NamedPolicy; readonly resource?: ResourceSide | undefined })
  | TrustAlone;

interface TrustAlone {
  readonly session?: undefined;
  readonly identity?: undefined;
  readonly resource?: undefined;
  readonly trust: NamedPolicy;
}

/**
 * Whether an identity may act (reference ram-sts 3.4). Anything but Allow from the session policy is final, whomever the
 * resource policy names. Then a Deny of the identity's or of the resource's policy denies, and an Allow of either allows.
 * Account roots are not asked without a resource policy: they own everything.
 */
export function authorise(
  { session, identity, resource }: IdentitySets & { readonly resource?: ResourceSide | undefined },
  request: AccessRequest,
): Decision {
  return decide({ session, identity, resource }, request);
}

/**
 * Whether a caller may assume a role: identity policies AND trust policy must allow, even inside one account
 * (reference ram-sts 1.7). `request.resource` is the role's ARN, `request.principalArns` are the caller's.
 */
export function authoriseAssumeRole(sets: IdentitySets & { trust: NamedPolicy }, request: AccessRequest): Decision {
  return decide(sets, request);
}

/**
 * Whether somebody may assume a role who has no policies of their own, but a token of an identity provider: the trust policy
 * alone decides (reference ram-sts 1.4, 2.6). `request.principalArns` is the provider's.
 */
export function authoriseByTrust(trust: NamedPolicy, request: AccessRequest): Decision {
  return decide({ trust }, request);
}

function decide(sets: Sets, request: AccessRequest): Decision {
  const question = questionOf(request);
  const verdicts = verdictsOf(sets, question);
  const explain = (options: ExplainOptions = {}) => explainDecision(sets, request, question, options);
  const set = blame(verdicts, sets.resource?.foreign);
  if (set === undefined) return { allowed: true, verdicts, explain };
  const { noPermissionType, policyType } = refusal(set, verdicts);
  return { allowed: false, noPermissionType, policyType, verdicts, explain };
}

// Written out, without spreading: this runs for every request.
function verdictsOf(sets: Sets, question: Question): Decision['verdicts'] {
  if (sets.identity === undefined) return { trust: judge([sets.trust], question) };
  const { session, identity, trust, resource } = sets;
  const own = judge(identity, question);
  const cut = session === undefined ? undefined : judge([session], question);
  if (resource !== undefined) {
    const granted = judge([resource.policy], question);
    return cut === undefined
      ? { identity: own, resource: granted }
      : { session: cut, identity: own, resource: granted };
  }
  if (cut === undefined) {
    return trust === undefined ? { identity: own } : { identity: own, trust: judge([trust], question) };
  }
  return trust === undefined
    ? { session: cut, identity: own }
    : { session: cut, identity: own, trust: judge([trust], question) };
}

type Outcomes = Readonly<Partial<Record<PolicySet, Pick<Verdict, 'outcome'>>>>;

const TYPES: Readonly<Record<PolicySet, PolicyType>> = {
  session: 'SessionPolicy',
  identity: 'AccountLevelIdentityBasedPolicy',
  trust: 'AssumeRolePolicy',
  resource: 'ResourceBasedPolicy',
};

/** The set that refused: the session policy before all others, then a Deny before what is merely not allowed. */
function blame({ session, identity, trust, resource }: Outcomes, foreign = false): PolicySet | undefined {
  if (session && session.outcome !== 'Allow') return 'session';
  if (identity?.outcome === 'ExplicitDeny') return 'identity';
  if (resource) return blameEither(identity, resource, foreign);
  if (trust?.outcome === 'ExplicitDeny') return 'trust';
  if (identity?.outcome === 'ImplicitDeny') return 'identity';
  return trust?.outcome === 'ImplicitDeny' ? 'trust' : undefined;
}

function blameEither(
  identity: Outcomes['identity'],
  { outcome }: Pick<Verdict, 'outcome'>,
  foreign: boolean,
): PolicySet | undefined {
  if (outcome === 'ExplicitDeny') return 'resource';
  if (outcome === 'Allow') return undefined;
  if (foreign) return 'resource';
  return identity?.outcome === 'Allow' ? undefined : 'identity';
}

function refusal(set: PolicySet, outcomes: Outcomes) {
  const noPermissionType = outcomes[set]?.outcome === 'ExplicitDeny' ? 'ExplicitDeny' : 'ImplicitDeny';
  return { noPermissionType, policyType: TYPES[set] } as const;
}

function explainDecision(
  { session, identity, trust, resource }: Sets,
  { action, resource: name }: AccessRequest,
  question: Question,
  { hideTrust = false }: ExplainOptions,
): Explanation {
  const foreign = resource?.foreign === true;
  const own = identity === undefined ? undefined : explainSet('identity', identity, question);
  const asked = [
    ...(session === undefined ? [] : [explainSet('session', [session], question)]),
    ...(own === undefined ? [] : [foreign ? { ...own, foreign } : own]),
    ...(trust === undefined ? [] : [explainSet('trust', [trust], question)]),
    ...(resource === undefined ? [] : [explainSet('resource', [resource.policy], question)]),
  ];
  const sets = hideTrust ? asked.map((set) => (set.set === 'trust' ? outcomeOnly(set) : set)) : asked;
  const outcomes: Outcomes = Object.fromEntries(sets.map((one) => [one.set, one]));
  const blamed = blame(outcomes, foreign);
  const what = { action, resource: name, sets };
  const blamedSet = sets.find(({ set }) => set === blamed);
  const sentence = sentenceOf(what, blamedSet);
  return blamed === undefined
    ? { allowed: true, ...what, sentence }
    : { allowed: false, ...refusal(blamed, outcomes), ...what, sentence };
}

const outcomeOnly = ({ set, outcome, policies }: ExplainedSet): ExplainedSet => ({
  set,
  outcome,
  policies,
  decidedBy: [],
  nearest: [],
});
