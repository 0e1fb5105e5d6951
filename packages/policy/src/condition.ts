/** One key under one operator. Reference ram-sts 3.2. */
import type { ConditionTest } from './condition-operators.js';

export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
  readonly negated: boolean;
  readonly tests: readonly ConditionTest[];
}

/** What the request carries, by condition key (`acs:SourceIp`). Keys are compared exactly. */
export type ConditionContext = Readonly<Record<string, string | undefined>>;

/**
 * Several values: any of them; for a negated operator: none of them.
 * A key that the request does not carry never matches, negated operators included (reference ram-sts 3.2), and a value
 * that is not of the operator's type counts as absent: a condition that cannot be judged does not hold.
 */
export function conditionHolds(condition: Condition, context: ConditionContext): boolean {
  const given = givenValue(condition.key, context);
  if (given === undefined) return false;
  let any = false;
  for (const test of condition.tests) {
    const result = test(given);
    if (result === undefined) return false;
    any ||= result;
  }
  return any !== condition.negated;
}

/** `undefined` also for a name that only `Object.prototype` has. */
export function givenValue(key: string, context: ConditionContext): string | undefined {
  return Object.hasOwn(context, key) ? context[key] : undefined;
}

/** Whether a value is of the type that the operator compares; only asked when something is to be explained. */
export function isComparable(condition: Condition, given: string): boolean {
  return condition.tests.every((test) => test(given) !== undefined);
}
