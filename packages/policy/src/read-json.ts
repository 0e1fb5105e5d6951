import { PolicyGrammarError } from './policy-grammar-error.js';
import type { Json } from './strict-json.js';

/** A list of texts; a scalar is a list of one (reference ram-sts 3.1). Empty lists and empty texts are errors. */
export function readTexts(json: Json, pointer: string): string[] {
  return readList(json, pointer).map((item) => {
    if (typeof item === 'string' && item !== '') return item;
    throw new PolicyGrammarError(pointer, 'must be a text or a list of texts, none of them empty');
  });
}

/** {@link readTexts} for condition values: numbers and booleans are read as their text, and a text may be empty. */
export function readConditionValues(json: Json, pointer: string): string[] {
  return readList(json, pointer).map((item) => {
    if (typeof item === 'string') return item;
    if (typeof item === 'number' || typeof item === 'boolean') return String(item);
    throw new PolicyGrammarError(pointer, 'must be a text, number or boolean, or a list of them');
  });
}

function readList(json: Json, pointer: string): readonly Json[] {
  const list: readonly Json[] = Array.isArray(json) ? (json as readonly Json[]) : [json];
  if (list.length === 0) throw new PolicyGrammarError(pointer, 'the list must not be empty');
  return list;
}
