import type { Random } from '../ports.js';

const LONGEST = 30_000;

/** Retries of a server that has never answered: more likely its address is wrong than the line bad. */
export const FIRST_CONTACT = 3;

/**
 * Exponential backoff with full jitter: anything between 0 and `base × 2^attempt`, 30 s at most; never sooner than the
 * server asked.
 * @param attempt 0 for the wait after the first failure
 */
export function backoff(random: Random, base: number, attempt: number, retryAfter = 0): number {
  return Math.max(retryAfter, random() * Math.min(LONGEST, base * 2 ** attempt));
}

/** `Retry-After` in seconds or as an HTTP date, to milliseconds from `now`; an hour at most. */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 3_600_000);
}

/** How often one call may fail in a row. Progress made anywhere in the file gives the whole budget back. */
export class RetryBudget {
  readonly #limit: number;
  readonly #progress: () => number;
  #mark: number;
  #used = 0;

  /** @param progress a number that grows with every acknowledgement */
  constructor(limit: number, progress: () => number = () => 0) {
    this.#limit = limit;
    this.#progress = progress;
    this.#mark = progress();
  }

  /** Takes one retry; answers its number from 0, or `undefined` when none is left. */
  take(): number | undefined {
    const progress = this.#progress();
    if (progress !== this.#mark) this.#used = 0;
    this.#mark = progress;
    return this.#used < this.#limit ? this.#used++ : undefined;
  }
}
