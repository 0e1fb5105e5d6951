import type { Fault } from './fault-proxy.js';
import type { FaultRule } from './page-types.js';

/** The bad days of one page: which of its requests meet which fault. */
export class FaultRules {
  #rules: { readonly rule: FaultRule; seen: number }[] = [];

  /** Those before are forgotten. */
  set(rules: readonly FaultRule[]): void {
    this.#rules = rules.map((rule) => ({ rule, seen: 0 }));
  }

  decide(operation: string): Fault[] {
    return this.#rules.flatMap((entry) => {
      const { rule } = entry;
      if (rule.operation !== operation) return [];
      entry.seen++;
      const { from = 1, times = Number.POSITIVE_INFINITY } = rule;
      return entry.seen >= from && entry.seen < from + times ? [rule.fault] : [];
    });
  }
}
