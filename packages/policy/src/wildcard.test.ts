import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileWildcard, isLiteral, matchesWildcard } from './wildcard.js';
import { literalSearch, maskedSearch } from './wildcard-search.js';

/** The definition, by backtracking over code points: slow and obvious. */
function naive(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '*') return naive(rest, text) || (text.length > 0 && naive(pattern, text.slice(1)));
  return text.length > 0 && (first === '?' || first === text[0]) && naive(rest, text.slice(1));
}

const small = (alphabet: string) => fc.array(fc.constantFrom(...[...alphabet]), { maxLength: 8 });

describe('wildcards', () => {
  test.each([
    ['', '', true],
    ['*', '', true],
    ['?', '', false],
    ['a*', 'a', true],
    ['a/*', 'a/b/c', true],
    ['a', 'ab', false],
    ['b', 'ab', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['*??', '😀', false],
    ['*\ude00', '😀', false],
    ['[a-z].+', 'x', false],
  ])('%j against %j: %s', (pattern, text, expected) => {
    expect(matchesWildcard(pattern, text)).toBe(expected);
  });

  test('compare case unless told otherwise', () => {
    expect(matchesWildcard('oss:put*', 'oss:PutObject')).toBe(false);
    expect(matchesWildcard('oss:put*', 'oss:PutObject', { ignoreCase: true })).toBe(true);
  });

  test('agree with the definition', () => {
    fc.assert(
      fc.property(small('ab*?😀'), small('ab*?😀'), (pattern, text) => {
        expect(matchesWildcard(pattern.join(''), text.join(''))).toBe(naive(pattern, text));
      }),
      { numRuns: 5_000 },
    );
  });

  test('match what is left of a text', () => {
    fc.assert(
      fc.property(small('ab*?😀'), small('ab😀'), fc.constantFrom('', 'a', 'ab*'), (pattern, text, before) => {
        const whole = before + text.join('');
        expect(compileWildcard(pattern.join('')).matches(whole, before.length)).toBe(naive(pattern, text));
      }),
      { numRuns: 5_000 },
    );
  });

  // 3.7 case 53: what would take a backtracking matcher for ever, and one that starts over at every character minutes.
  test.each([
    ['*a*a*a*a*b', 'a'.repeat(1_000), false],
    [`${'*a'.repeat(200)}b`, 'a'.repeat(100_000), false],
    [`${'a*'.repeat(200)}b`, `${'a'.repeat(100_000)}c`, false],
    [`*${'a'.repeat(50_000)}b*`, 'a'.repeat(1_000_000), false],
    [`*${'ab'.repeat(25_000)}c*`, 'ab'.repeat(500_000), false],
    [`*${'?'.repeat(200)}*`, 'a'.repeat(100_000), true],
    [`*${'a?'.repeat(1_000)}b*`, 'a'.repeat(100_000), false],
    ['*?'.repeat(2_000), 'a'.repeat(100_000), true],
  ])('%.20s… is decided', (pattern, text, matched) => {
    expect(matchesWildcard(pattern, text)).toBe(matched);
  });

  test('a stretch is found where it first is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 60 }),
        fc.nat(60),
        fc.nat(60),
        (text, i, n) => {
          const stretch = text.slice(i, i + n) || 'a';
          for (const from of [0, i]) {
            const at = text.indexOf(stretch, from);
            expect(literalSearch(stretch)(text, from)).toBe(at < 0 ? -1 : at + stretch.length);
          }
        },
      ),
    );
  });

  test('a stretch with ? of more than 32 characters too', () => {
    const points = (text: string) => [...text].map((c) => c.codePointAt(0) as number);
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b'), maxLength: 150 }),
        fc.string({ unit: fc.constantFrom('a', '?'), minLength: 1, maxLength: 90 }),
        (text, stretch) => {
          const found = new RegExp(stretch.replaceAll('?', '.')).exec(text);
          expect(maskedSearch(points(stretch))(points(text), 0)).toBe(found ? found.index + stretch.length : -1);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('isLiteral tells what may be put into a pattern', () => {
    expect(isLiteral('users/a.b@c')).toBe(true);
    expect(isLiteral('users/*')).toBe(false);
    expect(isLiteral('users/?')).toBe(false);
  });
});
