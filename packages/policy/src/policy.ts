/** A policy after parsing. Build one with `parsePolicy` only. Reference ram-sts 3.1. */
import type { Condition } from './condition.js';
import type { ResourcePattern } from './resource-pattern.js';

/**
 * `identity`: attached to a user, group or role, or given as session policy; every statement names its resources.
 * `trust`: attached to a role; every statement names principals, and the role itself is the resource.
 */
export type PolicyKind = 'identity' | 'trust';

/** A list of the document, or with `negated` (`NotAction`, `NotResource`) everything but that list. */
export interface Selection<T> {
  readonly negated: boolean;
  readonly patterns: readonly T[];
}

export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** Lower case: actions are case-insensitive. */
  readonly action: Selection<string>;
  /** Absent in trust policies. */
  readonly resource?: Selection<ResourcePattern>;
  /** ARNs, with the region slot empty, and service names; absent in identity policies. */
  readonly principals?: ReadonlySet<string>;
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
}

export interface Policy {
  readonly version: '1';
  readonly statements: readonly Statement[];
}

/** A policy under the name by which a decision is explained. */
export interface NamedPolicy {
  readonly name: string;
  readonly type: 'System' | 'Custom' | 'Session' | 'Trust' | 'Builtin';
  readonly policy: Policy;
}
