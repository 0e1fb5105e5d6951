import type { Clock } from '../runtime.js';

/** So many calls a second for each key, all of them at once if the second before was quiet. */
export interface RateLimiter {
  /** @returns 0 when it may go on and was counted; else the milliseconds until it may, and it was not */
  take(key: string): number;
}

/** A number and its key take about 150 bytes. */
const MAX_KEYS = 50_000;
const BURST_MS = 1000;

/**
 * Each key has one number: when all of its calls so far would be over, had they come evenly. It may lie a second ahead.
 *
 * @param maxKeys who has not called for the longest is forgotten first, so strangers with many addresses fill no memory
 */
export function rateLimiter(clock: Clock, perSecond: number, maxKeys = MAX_KEYS): RateLimiter {
  const everyMs = 1000 / perSecond;
  // In the order of their last call. There is a limiter for every operation, so none takes its memory in advance.
  const ends = new Map<string, number>();
  // Instants since 1970 leave too few digits for parts of a millisecond.
  const start = clock.now();
  return {
    take(key) {
      const now = clock.now() - start;
      const end = ends.get(key) ?? now;
      // Further ahead than it can have been brought: the clock was set back.
      const from = end < now || end > now + BURST_MS + everyMs ? now : end;
      const next = from + everyMs;
      // The hundredth makes up for what the sum of many fractions is off.
      const waitMs = next - now - Math.max(BURST_MS, everyMs) - Math.min(everyMs / 100, 0.01);
      if (waitMs > 0) return Math.ceil(waitMs);
      ends.delete(key);
      ends.set(key, next);
      if (ends.size > maxKeys) ends.delete(ends.keys().next().value as string);
      return 0;
    },
  };
}
