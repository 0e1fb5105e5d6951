import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MINUTE, movableClock } from '../testing/fixed-parts.js';
import { nonces } from './nonces.js';

describe('nonces', () => {
  test('are accepted once for an access key, and again for another', () => {
    const seen = nonces(movableClock(), 30 * MINUTE);
    expect(seen.accept('a', 'n')).toBe(true);
    expect(seen.accept('a', 'n')).toBe(false);
    expect(seen.accept('b', 'n')).toBe(true);
  });

  test('are remembered for the whole window, whenever in it they came', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 90 * MINUTE }),
        fc.array(fc.integer({ min: 0, max: 10 * MINUTE }), { maxLength: 12 }),
        (start, steps) => {
          const clock = movableClock();
          const seen = nonces(clock, 30 * MINUTE);
          clock.advance(start);
          expect(seen.accept('a', 'n')).toBe(true);
          let age = 0;
          for (const step of steps) {
            clock.advance(step);
            age += step;
            if (age > 30 * MINUTE) return;
            expect(seen.accept('a', 'n'), `age ${age}`).toBe(false);
            seen.accept('a', `other ${age}`);
          }
        },
      ),
    );
  });

  test('are forgotten some time after the window', () => {
    const clock = movableClock();
    const seen = nonces(clock, 30 * MINUTE);
    seen.accept('a', 'n');
    clock.advance(46 * MINUTE);
    expect(seen.accept('a', 'n')).toBe(true);
  });

  test('survive a clock that is set back', () => {
    const clock = movableClock();
    const seen = nonces(clock, 30 * MINUTE);
    seen.accept('a', 'n');
    clock.advance(-60 * MINUTE);
    expect(seen.accept('a', 'n')).toBe(false);
  });

  test('take bounded room: a generation that is full ends early', () => {
    const seen = nonces(movableClock(), 30 * MINUTE, 10);
    for (let i = 0; i < 30; i++) expect(seen.accept('a', String(i))).toBe(true);
    for (let i = 10; i < 30; i++) expect(seen.accept('a', String(i)), String(i)).toBe(false);
  });
});
