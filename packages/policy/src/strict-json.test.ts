import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PolicyGrammarError } from './policy-grammar-error.js';
import { type Json, parseStrictJson } from './strict-json.js';

function plain(json: Json): unknown {
  if (json instanceof Map) return Object.fromEntries([...json].map(([k, v]) => [k, plain(v as Json)]));
  return Array.isArray(json) ? json.map((item) => plain(item as Json)) : json;
}

function failure(text: string): PolicyGrammarError {
  try {
    parseStrictJson(text);
  } catch (error) {
    if (error instanceof PolicyGrammarError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('strict JSON', () => {
  test('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(JSON.stringify(plain(parseStrictJson(text)))).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    const soup = fc.array(fc.constantFrom(...'{}[]",:\\ 01.eE-+tfn\u0000', 'true', 'null', '"a"'), { maxLength: 8 });
    fc.assert(
      fc.property(soup, (pieces) => {
        const text = pieces.join('');
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(() => parseStrictJson(text)).toThrow(PolicyGrammarError);
      }),
      { numRuns: 5_000 },
    );
  });

  // 3.7 case 54
  test('refuses a repeated member, and says which', () => {
    expect(failure('{"a":{"b/c":1,"b/c":2}}').pointer).toBe('/a/b~1c');
    expect(failure('{"Effect":1,"\\u0045ffect":2}').pointer).toBe('/Effect');
  });

  test('keeps __proto__ as an ordinary name', () => {
    const json = parseStrictJson('{"__proto__":{"x":1}}') as ReadonlyMap<string, Json>;
    expect([...json.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('refuses deep nesting without using up the stack', () => {
    expect(failure('['.repeat(1_000_000)).reason).toContain('nested deeper than 16');
    expect(() => parseStrictJson(`${'['.repeat(16)}${']'.repeat(16)}`)).not.toThrow();
  });

  test('refuses a byte order mark and text after the document', () => {
    expect(failure('\uFEFF{}').reason).toContain('byte order mark');
    expect(failure('{} {}').reason).toContain('after the document at character 3');
  });

  test('reads a long string in one pass', () => {
    expect(parseStrictJson(`"${'x'.repeat(1_000_000)}"`)).toHaveLength(1_000_000);
    expect(failure(`"${'x'.repeat(1_000_000)}`).reason).toContain('broken string');
  });
});
