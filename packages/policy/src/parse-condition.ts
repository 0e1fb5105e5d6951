import type { Condition } from './condition.js';
import { CONDITION_OPERATORS } from './condition-operators.js';
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import { readConditionValues } from './read-json.js';
import type { Json } from './strict-json.js';

/**
 * `{ operator: { key: value | [value, …] } }`, flattened, since all of it is joined by AND. An unknown operator is an
 * error, never ignored: an ignored condition would widen an Allow (reference ram-sts 3.2).
 */
export function readConditions(json: Json, pointer: string): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const [operator, keys] of readObject(json, pointer)) {
    const here = pointTo(pointer, operator);
    const known = CONDITION_OPERATORS.get(operator);
    if (known === undefined)
      throw new PolicyGrammarError(here, `the condition operator "${operator}" is not supported`);
    const entries = readObject(keys, here);
    if (entries.size === 0) throw new PolicyGrammarError(here, 'an operator needs at least one condition key');
    for (const [key, list] of entries) {
      const keyPointer = pointTo(here, key);
      if (key === '') throw new PolicyGrammarError(keyPointer, 'a condition key must not be empty');
      const placed = readConditionValues(list, keyPointer);
      const values = placed.map(({ text }) => text);
      const tests = placed.map(({ text, pointer: place }) => {
        const test = known.compile(text);
        if (test === undefined) throw new PolicyGrammarError(place, `"${text}" is not ${known.expects}`);
        return test;
      });
      conditions.push({ operator, key, values, negated: known.negated, tests });
    }
  }
  return conditions;
}

function readObject(json: Json, pointer: string): ReadonlyMap<string, Json> {
  if (json instanceof Map) return json as ReadonlyMap<string, Json>;
  throw new PolicyGrammarError(pointer, 'must be an object');
}
