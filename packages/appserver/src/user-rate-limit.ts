import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Refusal } from './answers.js';

/** How many requests a user may make. */
export interface UserRateLimit {
  /** Requests of one user in each window, default 30, at least 1; `Infinity` for no limit. */
  readonly perUser: number;
  /** Length of the window in seconds, default 10. */
  readonly perSeconds: number;
}

export type CountRequest = (user: string) => Promise<void>;

/**
 * Counts in this process's memory: behind several processes each of them grants the limit.
 *
 * @throws TypeError for a limit that would refuse everybody, or nobody
 */
export function createUserRateLimit({ perUser, perSeconds }: UserRateLimit): CountRequest {
  if (!(perUser >= 1)) throw new TypeError('rateLimit.perUser must be a number of at least 1');
  // Without an end of the window, who reached the limit once would be locked out for good.
  if (!(perSeconds > 0)) throw new TypeError('rateLimit.perSeconds must be a number above 0');
  const limiter = new RateLimiterMemory({ points: perUser, duration: perSeconds });
  return async (user) => {
    try {
      await limiter.consume(user);
    } catch (verdict) {
      if (!(verdict instanceof RateLimiterRes)) throw verdict;
      const seconds = Math.max(1, Math.ceil(verdict.msBeforeNext / 1_000));
      throw new Refusal('TooManyRequests', { 'retry-after': String(seconds) });
    }
  };
}
