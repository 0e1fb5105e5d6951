import { type ConditionContext, conditionHolds } from './condition.js';
import type { NamedPolicy, Selection, Statement } from './policy.js';
import { canonicalPrincipal } from './principal.js';
import { matchesResource } from './resource-pattern.js';
import { matchesWildcard } from './wildcard.js';

export interface AccessRequest {
  /** `oss:PutObject`; case-insensitive. */
  readonly action: string;
  /** ARN of what is acted upon; every character is literal. Trust policies do not look at it. */
  readonly resource: string;
  /** For trust policies: every ARN the caller is known by (account root, user or role, session), or a service name. */
  readonly principalArns?: readonly string[];
  /** Condition keys (`acs:SourceIp`, `oss:Prefix` …) and their values; an absent key matches no condition. */
  readonly context?: ConditionContext;
}

/** A statement that says Deny, a statement that says Allow, or none that says anything. */
export type Outcome = 'Allow' | 'ExplicitDeny' | 'ImplicitDeny';

export interface Verdict {
  readonly outcome: Outcome;
  /** The first statement that decided; `statement` counts from 0. Absent for an implicit deny. */
  readonly decidedBy?: {
    readonly policy: string;
    readonly type: NamedPolicy['type'];
    readonly statement: number;
  };
}

/**
 * One set of policies (reference ram-sts 3.4, "basic process"): any Deny that matches wins, else any Allow that matches,
 * else the answer is an implicit deny. Order never matters.
 */
export function evaluate(policies: readonly NamedPolicy[], request: AccessRequest): Verdict {
  const question = { ...request, action: request.action.toLowerCase() };
  let allow: Verdict | undefined;
  for (const { name, type, policy } of policies) {
    for (const [index, statement] of policy.statements.entries()) {
      // Once something allows, only a Deny can change the answer.
      if (allow !== undefined && statement.effect === 'Allow') continue;
      if (!applies(statement, question)) continue;
      const decidedBy = { policy: name, type, statement: index };
      if (statement.effect === 'Deny') return { outcome: 'ExplicitDeny', decidedBy };
      allow = { outcome: 'Allow', decidedBy };
    }
  }
  return allow ?? { outcome: 'ImplicitDeny' };
}

function applies(statement: Statement, request: AccessRequest): boolean {
  if (!selects(statement.action, (pattern) => matchesWildcard(pattern, request.action))) return false;
  if (statement.resource && !selects(statement.resource, (pattern) => matchesResource(pattern, request.resource))) {
    return false;
  }
  const { principals } = statement;
  if (principals && !request.principalArns?.some((arn) => principals.has(canonicalPrincipal(arn)))) return false;
  return statement.conditions.every((condition) => conditionHolds(condition, request.context ?? {}));
}

function selects<T>(selection: Selection<T>, matches: (pattern: T) => boolean): boolean {
  return selection.patterns.some(matches) !== selection.negated;
}
