/**
 * JSON for documents that decide about access. `JSON.parse` keeps the last of two equal members in silence, so one
 * reader could check the first and another obey the second; here the second is an error. Objects become maps, so
 * that `__proto__` is a name like any other. Reference ram-sts 3.7 case 54.
 */
import { PolicyGrammarError, pointTo } from './policy-grammar-error.js';

export type Json = string | number | boolean | null | readonly Json[] | ReadonlyMap<string, Json>;

/** A policy nests six deep; the rest is room for a clear message about what is in the wrong place. */
const MAX_DEPTH = 16;
const BLANK = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** @throws PolicyGrammarError on anything RFC 8259 forbids, a byte order mark, a repeated member, depth over 16 */
export function parseStrictJson(text: string): Json {
  let at = 0;

  function fail(pointer: string, reason: string): never {
    throw new PolicyGrammarError(pointer, `${reason} at character ${at}`);
  }

  function take(expression: RegExp): string {
    expression.lastIndex = at;
    const found = expression.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  }

  /** The next character that is not blank; empty at the end of the text. */
  function peek(): string {
    take(BLANK);
    return text.charAt(at);
  }

  function expect(character: string, pointer: string): void {
    if (peek() !== character) fail(pointer, `not JSON: expected ${character}`);
    at += 1;
  }

  function string(pointer: string): string {
    const from = at;
    for (at += 1; at < text.length && text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
    at += 1;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      at = from;
      return fail(pointer, 'not JSON: broken string');
    }
  }

  function members(pointer: string, depth: number): ReadonlyMap<string, Json> {
    const found = new Map<string, Json>();
    at += 1;
    if (peek() === '}') at += 1;
    else {
      for (;;) {
        if (peek() !== '"') fail(pointer, 'not JSON: expected a member name');
        const name = string(pointer);
        const here = pointTo(pointer, name);
        if (found.has(name)) fail(here, 'the member is given twice');
        expect(':', here);
        found.set(name, value(here, depth + 1));
        if (peek() !== ',') break;
        at += 1;
      }
      expect('}', pointer);
    }
    return found;
  }

  function elements(pointer: string, depth: number): readonly Json[] {
    const found: Json[] = [];
    at += 1;
    if (peek() === ']') at += 1;
    else {
      for (;;) {
        found.push(value(pointTo(pointer, found.length), depth + 1));
        if (peek() !== ',') break;
        at += 1;
      }
      expect(']', pointer);
    }
    return found;
  }

  function value(pointer: string, depth: number): Json {
    if (depth > MAX_DEPTH) fail(pointer, `nested deeper than ${MAX_DEPTH}`);
    const first = peek();
    if (first === '{') return members(pointer, depth);
    if (first === '[') return elements(pointer, depth);
    if (first === '"') return string(pointer);
    const scalar = take(SCALAR);
    return scalar === ''
      ? fail(pointer, 'not JSON: expected a value')
      : (JSON.parse(scalar) as number | boolean | null);
  }

  if (text.startsWith('\uFEFF')) fail('', 'the document starts with a byte order mark');
  const document = value('', 1);
  if (peek() !== '') fail('', 'not JSON: text after the document');
  return document;
}
