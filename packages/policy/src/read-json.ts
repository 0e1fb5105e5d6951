import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';
import type { Json } from './strict-json.js';

/** A text of the document, and where it stands. */
export interface Placed {
  readonly text: string;
  readonly pointer: string;
}

/** A list of texts; a scalar is a list of one (reference ram-sts 3.1). Empty lists and empty texts are errors. */
export function readTexts(json: Json, pointer: string): Placed[] {
  return readList(json, pointer, 'must be a text or a list of texts, none of them empty', (item) =>
    typeof item === 'string' && item !== '' ? item : undefined,
  );
}

/** {@link readTexts} for condition values: numbers and booleans are read as their text, and a text may be empty. */
export function readConditionValues(json: Json, pointer: string): Placed[] {
  return readList(json, pointer, 'must be a text, number or boolean, or a list of them', (item) => {
    if (typeof item === 'string') return item;
    return typeof item === 'number' || typeof item === 'boolean' ? String(item) : undefined;
  });
}

function readList(json: Json, pointer: string, rule: string, read: (item: Json) => string | undefined): Placed[] {
  const listed = Array.isArray(json);
  const list: readonly Json[] = listed ? (json as readonly Json[]) : [json];
  if (list.length === 0) throw new PolicyGrammarError(pointer, 'the list must not be empty');
  return list.map((item, i) => {
    const place = listed ? pointTo(pointer, i) : pointer;
    const text = read(item);
    if (text === undefined) throw new PolicyGrammarError(place, rule);
    // Half a surrogate pair is no character: what it would match is nowhere defined.
    if (/\p{Surrogate}/u.test(text)) throw new PolicyGrammarError(place, 'the text is not well-formed Unicode');
    return { text, pointer: place };
  });
}
