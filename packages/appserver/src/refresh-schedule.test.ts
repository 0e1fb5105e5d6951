import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { retryDelay, scheduleRefresh } from './refresh-schedule.js';

describe('the refresh schedule', () => {
  const life = fc.integer({ min: 1, max: 43_200_000 });
  const random = fc.double({ min: 0, max: 0.999_999, noNaN: true });

  test('advisory comes first, then mandatory, then expiry; never before half of the life', () => {
    fc.assert(
      fc.property(life, random, (ms, r) => {
        const { advisoryAt, mandatoryAt, expiresAt } = scheduleRefresh(1_000, 1_000 + ms, r);
        expect(expiresAt).toBe(1_000 + ms);
        expect(advisoryAt).toBeGreaterThanOrEqual(1_000 + ms / 2);
        expect(mandatoryAt).toBeGreaterThan(advisoryAt);
        expect(expiresAt - mandatoryAt).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  test.each([
    [3_600_000, 0, 360_000, 60_000],
    [3_600_000, 0.5, 390_000, 60_000],
    [1_800_000, 0, 300_000, 60_000],
    [900_000, 0, 300_000, 60_000],
    [4_000, 0.9, 2_000, 400],
  ])('a life of %i ms with jitter %f: %i and %i ms before expiry', (ms, r, advisory, mandatory) => {
    const schedule = scheduleRefresh(0, ms, r);
    expect(ms - schedule.advisoryAt).toBe(advisory);
    expect(ms - schedule.mandatoryAt).toBe(mandatory);
  });

  test('retries wait anything up to the ceiling, and no less than asked', () => {
    expect(retryDelay(1, 0)).toBe(0);
    expect(retryDelay(1, 0.5)).toBe(500);
    expect(retryDelay(4, 0.5)).toBe(4_000);
    expect(retryDelay(1_000_000, 0.5)).toBe(30_000);
    expect(retryDelay(1, 0.5, 7_000)).toBe(7_000);
  });
});
