import fc from 'fast-check';
import { expect, test } from 'vitest';
import { afterPrefix, compareBytes } from './byte-order.js';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\ud7ff', '\ue000', '\uffff', '\u{10ffff}'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 5,
});

test('an emoji comes after U+FFFF, as its bytes do', () => {
  expect(compareBytes('\uffff', '🎬')).toBeLessThan(0);
  expect(compareBytes('a', 'a')).toBe(0);
  expect(compareBytes('a', 'a/')).toBeLessThan(0);
});

test.each([
  ['a', 'b'],
  ['a/', 'a0'],
  ['\ud7ff', '\ue000'],
  ['\uffff', '\u{10000}'],
  ['a\u{10ffff}', 'b'],
  ['\u{10ffff}\u{10ffff}', undefined],
  ['', undefined],
])('after everything that begins with %j comes %j', (prefix, after) => expect(afterPrefix(prefix)).toBe(after));

test('whatever begins with a prefix lies between it and what comes after', () => {
  fc.assert(
    fc.property(text, text, text, (prefix, rest, other) => {
      const after = afterPrefix(prefix);
      expect(compareBytes(prefix + rest, prefix)).toBeGreaterThanOrEqual(0);
      if (after === undefined) return;
      expect(compareBytes(prefix + rest, after)).toBeLessThan(0);
      const between = compareBytes(other, prefix) >= 0 && compareBytes(other, after) < 0;
      expect(between).toBe(other.startsWith(prefix));
    }),
  );
});
