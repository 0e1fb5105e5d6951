import type { Clock } from '../ports.js';
import { sleep } from './waiting.js';

/**
 * Bytes per second over all uploads. A part may start when the parts before it are paid for, so the mean holds whatever
 * the size of a part.
 */
export class Pace {
  limit: number | undefined;
  readonly #clock: Clock;
  #paidAt = 0;

  constructor(clock: Clock, limit: number | undefined) {
    this.#clock = clock;
    this.limit = limit;
  }

  /** Waits for its turn. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.limit === undefined) return;
    const now = this.#clock.now();
    const start = Math.max(now, this.#paidAt);
    this.#paidAt = start + (bytes * 1000) / this.limit;
    if (start > now) await sleep(this.#clock, start - now, signal);
  }

  /** Most bytes of one part: what a second allows, so that the line is used evenly. */
  get grain(): number {
    return this.limit ?? Number.POSITIVE_INFINITY;
  }
}
