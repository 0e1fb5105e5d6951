import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesWildcard } from '../wildcard.js';
import { beginningWith, covers, overlaps } from './wildcard-algebra.js';

const pattern = fc.string({ unit: fc.constantFrom(...'aab**?/'), maxLength: 6 });
const text = fc.string({ unit: fc.constantFrom(...'aab/'), maxLength: 6 });
/** Every text of up to 5 characters of an alphabet with one that no pattern names. */
const TEXTS = ['', ...'ab/x'].flatMap((a) => ['', ...'ab/x'].flatMap((b) => ['', ...'ab/x'].map((c) => a + b + c)));
const ALL = [...new Set(TEXTS.flatMap((one) => ['', 'a', 'b', 'ab', '/x'].map((end) => one + end)))];

describe('patterns without a text', () => {
  test.each([
    ['*', '', true],
    ['b/*', 'b/u/*', true],
    ['b/u/*', 'b/*', false],
    ['b/*', 'b/', true],
    ['b?*', 'b*', false],
    ['b*', 'b?', true],
    ['?', '*', false],
    ['??', '?a', true],
    ['*.mp4', 'u/*.mp4', true],
    ['*.mp4', 'u/*', false],
    ['*a*', '*ba*', true],
  ])('%s covers %s: %s', (wide, narrow, expected) => {
    expect(covers(wide, narrow)).toBe(expected);
  });

  test('what covers matches everything that the covered one matches', () => {
    let covering = 0;
    fc.assert(
      fc.property(pattern, pattern, (wide, narrow) => {
        if (!covers(wide, narrow)) return;
        covering += 1;
        for (const one of ALL) if (matchesWildcard(narrow, one)) expect(matchesWildcard(wide, one)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(covering).toBeGreaterThan(300);
  });

  test('they meet if and only if there is a text for both', () => {
    let met = 0;
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const found = ALL.some((given) => matchesWildcard(one, given) && matchesWildcard(other, given));
        if (found) met += 1;
        // Every text of patterns this short is as short as the longest of them together.
        if (found || one.length + other.length <= 3) expect(overlaps(one, other)).toBe(found);
      }),
      { numRuns: 3_000 },
    );
    expect(met).toBeGreaterThan(300);
    expect(overlaps('b/*a', 'b/u/*b')).toBe(false);
    expect(overlaps('b/*a', 'b/u/*')).toBe(true);
  });

  test('what begins with a stem is found exactly', () => {
    fc.assert(
      fc.property(text, pattern, text, (stem, given, rest) => {
        const narrowed = beginningWith(stem, given);
        for (const whole of [stem + rest, rest]) {
          const wanted = whole.startsWith(stem) && matchesWildcard(given, whole);
          expect(narrowed.some((one) => matchesWildcard(one, whole))).toBe(wanted);
        }
      }),
      { numRuns: 5_000 },
    );
    expect(beginningWith('b/u/', 'b/*.mp4')).toEqual(['b/u/*.mp4']);
    expect(beginningWith('b/u/', 'b/*')).toEqual(['b/u/*']);
    expect(beginningWith('b/u/', 'c/*')).toEqual([]);
  });

  test('a hostile pattern ends', () => {
    expect(beginningWith('a'.repeat(1_000), '*a'.repeat(3_000)).length).toBeGreaterThan(0);
    expect(beginningWith('a'.repeat(1_000), `*${'?'.repeat(2_000)}`).length).toBeLessThanOrEqual(16);
    expect(covers('*a'.repeat(500), `${'a*'.repeat(500)}a`)).toBe(true);
  });
});
