/** A policy after parsing. Build one with `parsePolicy` only. Reference ram-sts 3.1. */
import type { Condition } from './condition.js';
import type { Principals } from './principal.js';
import type { ResourcePattern } from './resource-pattern.js';
import type { Wildcard } from './wildcard.js';

/**
 * `identity`: attached to a user, group or role, or given as session policy; every statement names its resources.
 * `trust`: attached to a role; every statement names principals, and the role itself is the resource.
 * `resource`: attached to a bucket; every statement names principals and resources.
 */
export type PolicyKind = 'identity' | 'trust' | 'resource';

/** A list of the document, or with `negated` (`NotAction`, `NotResource`) everything but that list. */
export interface Selection<T> {
  readonly member: 'Action' | 'NotAction' | 'Resource' | 'NotResource';
  readonly negated: boolean;
  /** Whether it was written as a list, and not as the one text that it holds. */
  readonly listed: boolean;
  readonly patterns: readonly T[];
}

/** One compiled statement. */
export interface Statement {
  /** Counted from 0. */
  readonly index: number;
  readonly effect: 'Allow' | 'Deny';
  /** Patterns that match lower case: actions are case-insensitive. */
  readonly action: Selection<Wildcard>;
  /** Absent in trust policies. */
  readonly resource?: Selection<ResourcePattern>;
  /** Absent in identity policies. */
  readonly principals?: Principals;
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
}

/** Statements of one effect, so that those about other actions are not looked at. */
export interface ActionIndex {
  /** Those that name their actions one by one, under each of them in lower case; in order. */
  readonly named: ReadonlyMap<string, readonly Statement[]>;
  /** Those with a wildcard, or with `NotAction`; in order. */
  readonly others: readonly Statement[];
}

/** A policy that was read and compiled; made by `parsePolicy`. */
export interface Policy {
  readonly version: '1';
  readonly statements: readonly Statement[];
  readonly denies: ActionIndex;
  readonly allows: ActionIndex;
}

/** A policy under the name by which a decision is explained. */
export interface NamedPolicy {
  readonly name: string;
  readonly type: 'System' | 'Custom' | 'Session' | 'Trust' | 'Resource' | 'Builtin';
  readonly policy: Policy;
}
