import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLiteral, matchesWildcard, walk } from './wildcard.js';

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

  // 3.7 case 53
  test.each([
    ['*a*a*a*a*b', 'a'.repeat(1_000), false, 2_100],
    [`${'*a'.repeat(200)}b`, 'a'.repeat(20_000), false, 61_000],
    [`${'a*'.repeat(200)}b`, `${'a'.repeat(20_000)}c`, false, 41_000],
    [`${'*?'.repeat(200)}`, 'a'.repeat(20_000), true, 41_000],
  ])('%.20s… takes a bounded number of steps', (pattern, text, matched, most) => {
    const walked = walk(pattern, text);
    expect(walked.matched).toBe(matched);
    expect(walked.steps).toBeLessThan(most);
  });

  test('never take more steps than text × longest stretch', () => {
    fc.assert(
      fc.property(small('ab*?'), fc.array(fc.constantFrom('a', 'b'), { maxLength: 200 }), (pattern, text) => {
        const stretch = Math.max(
          ...pattern
            .join('')
            .split('*')
            .map((s) => s.length),
        );
        expect(walk(pattern.join(''), text.join('')).steps).toBeLessThanOrEqual(
          pattern.length + (text.length + 1) * (stretch + 1),
        );
      }),
    );
  });

  test('isLiteral tells what may be put into a pattern', () => {
    expect(isLiteral('users/a.b@c')).toBe(true);
    expect(isLiteral('users/*')).toBe(false);
    expect(isLiteral('users/?')).toBe(false);
  });
});
