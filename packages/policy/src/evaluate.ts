import { findStatement } from './action-index.js';
import { type ConditionContext, conditionHolds } from './condition.js';
import type { NamedPolicy, Statement } from './policy.js';
import { type Caller, canonicalPrincipal } from './principal.js';
import { type ResourceName, resourceName } from './resource-pattern.js';

/** What is asked: may this be done to that, under these circumstances? */
export interface AccessRequest {
  /** `oss:PutObject`; case-insensitive. */
  readonly action: string;
  /** ARN of what is acted upon; every character is literal. Trust policies do not look at it. */
  readonly resource: string;
  /**
   * For trust policies: every ARN the caller is known by (account root, user or role, session), or a service name.
   * For resource policies: the id of the account or user, or `arn:sts::account:assumed-role/role/session`; none for nobody.
   */
  readonly principalArns?: readonly string[];
  /** For resource policies: the caller is the account that owns the resource. Default: it is not. */
  readonly byOwner?: boolean;
  /** Condition keys (`acs:SourceIp`, `oss:Prefix` …) and their values; an absent key matches no condition. */
  readonly context?: ConditionContext;
}

/** A statement that says Deny, a statement that says Allow, or none that says anything. */
export type Outcome = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';

/** What one set of policies says. */
export interface Verdict {
  readonly outcome: Outcome;
  /** The first statement that decided; `statement` counts from 0. Absent for an implicit deny. */
  readonly decidedBy?: {
    readonly policy: string;
    readonly type: NamedPolicy['type'];
    readonly statement: number;
  };
}

/** A request as statements look at it. */
export interface Question {
  /** In lower case. */
  readonly action: string;
  readonly resource: ResourceName;
  readonly caller: Caller;
  readonly context: ConditionContext;
}

const NOTHING: ConditionContext = Object.freeze({});
const NOBODY: Caller = Object.freeze({ names: [], isOwner: false });

export function questionOf({ action, resource, principalArns, byOwner = false, context }: AccessRequest): Question {
  return {
    action: action.toLowerCase(),
    resource: resourceName(resource),
    caller: principalArns ? { names: principalArns.map(canonicalPrincipal), isOwner: byOwner } : NOBODY,
    context: context ?? NOTHING,
  };
}

/**
 * One set of policies (reference ram-sts 3.4, "basic process"): any Deny that matches wins, else any Allow that matches,
 * else the answer is an implicit deny. Order never matters.
 */
export function evaluate(policies: readonly NamedPolicy[], request: AccessRequest): Verdict {
  return judge(policies, questionOf(request));
}

export function judge(policies: readonly NamedPolicy[], question: Question): Verdict {
  const applies = (statement: Statement): boolean => appliesBeyondAction(statement, question);
  for (const effect of ['denies', 'allows'] as const) {
    for (const { name, type, policy } of policies) {
      const found = findStatement(policy[effect], question.action, applies);
      if (found === undefined) continue;
      const decidedBy = { policy: name, type, statement: found.index };
      return { outcome: effect === 'denies' ? 'ExplicitDeny' : 'Allow', decidedBy };
    }
  }
  return { outcome: 'ImplicitDeny' };
}

/** Everything but the action, which the index has looked at. */
function appliesBeyondAction(statement: Statement, question: Question): boolean {
  if (!selectsResource(statement, question) || !selectsPrincipal(statement, question)) return false;
  for (const condition of statement.conditions) if (!conditionHolds(condition, question.context)) return false;
  return true;
}

export function selectsResource({ resource }: Statement, question: Question): boolean {
  if (resource === undefined) return true;
  for (const pattern of resource.patterns) if (pattern.matches(question.resource)) return !resource.negated;
  return resource.negated;
}

export function selectsPrincipal({ principals }: Statement, question: Question): boolean {
  return principals === undefined || principals.include(question.caller);
}
