/** Why a request was allowed or denied, as data that is kept in audit trails: members are added, never changed. */
import type { Outcome } from './evaluate.js';
import type { NamedPolicy } from './policy.js';

/** Which set of policies: of the session, of the identity (with its groups), the role's trust policy, the bucket's policy. */
export type PolicySet = 'session' | 'identity' | 'trust' | 'resource';

/**
 * The set as `AccessDeniedDetail` calls it (reference ram-sts 4.6). What OSS calls a bucket policy there is documented
 * nowhere; `ResourceBasedPolicy` is ours.
 */
export type PolicyType =
  | 'SessionPolicy'
  | 'AccountLevelIdentityBasedPolicy'
  | 'AssumeRolePolicy'
  | 'ResourceBasedPolicy';

/** Why a decision came out as it did: a plain object that can be kept. Members are added, never changed. */
export interface Explanation {
  readonly allowed: boolean;
  readonly action: string;
  readonly resource: string;
  /** Absent when allowed. */
  readonly noPermissionType?: 'ExplicitDeny' | 'ImplicitDeny';
  /** Which set refused; absent when allowed. */
  readonly policyType?: PolicyType;
  /** In the order of the decision. */
  readonly sets: readonly ExplainedSet[];
  /** All of it in one or two plain English sentences. */
  readonly sentence: string;
}

/** Why one set of policies said what it said. */
export interface ExplainedSet {
  readonly set: PolicySet;
  readonly outcome: Outcome;
  /** Of the identity, when the resource is of another account: what it allows does not count there. */
  readonly foreign?: true;
  /** How many policies were asked. */
  readonly policies: number;
  /** Every statement that denies, or if none does, every one that allows; at most {@link MOST_STATEMENTS}. */
  readonly decidedBy: readonly DecidingStatement[];
  /**
   * For an implicit deny, what was missing: there is no policy; no statement is about the action; those that are name
   * other principals or other resources; or all that fits but a condition.
   */
  readonly missing?: 'policy' | 'action' | 'principal' | 'resource' | 'condition';
  /** For an implicit deny, the statements that came nearest to allowing it; at most {@link MOST_STATEMENTS}. */
  readonly nearest: readonly NearMiss[];
  /** Statements that were left out above. */
  readonly omitted?: number;
}

/** A statement, by its place. */
export interface DecidingStatement {
  readonly policy: string;
  readonly type: NamedPolicy['type'];
  readonly effect: 'Allow' | 'Deny';
  /** Counted from 0. */
  readonly statement: number;
  /** JSON pointer into the policy document. */
  readonly pointer: string;
}

/** A statement that nearly applied. */
export interface NearMiss extends DecidingStatement {
  /** Why it did not apply: one mismatch, or every condition that failed. */
  readonly because: readonly Mismatch[];
}

/** What a statement wanted, and what the request had. */
export interface Mismatch {
  readonly on: 'principal' | 'resource' | 'condition';
  readonly pointer: string;
  /** Of a condition. */
  readonly operator?: string;
  /** Of a condition. */
  readonly key?: string;
  /** What the statement has there; at most {@link MOST_VALUES}, each of at most {@link LONGEST_VALUE} characters. */
  readonly wanted: readonly string[];
  /** True for `NotResource` and `…Not…` operators: anything but what is wanted. */
  readonly negated: boolean;
  /** What the request has, cut the same way; empty for a condition key that it does not have. */
  readonly saw: readonly string[];
  /** The value is there, but is not of the type that the operator compares. */
  readonly incomparable?: true;
}

export const MOST_STATEMENTS = 5;
export const MOST_VALUES = 5;
export const LONGEST_VALUE = 256;
