import type { Clock } from '../runtime.js';

/**
 * How much of what strangers cause is recorded: refusals cost them nothing, and a record costs space for ever. What is left
 * out is counted, and the number is recorded.
 */
export class Flood {
  readonly #clock: Clock;
  #tokens: number;
  #at: number;
  #left = 0;

  /**
   * @param perSecond records a second in the long run
   * @param burst at once
   */
  constructor(
    clock: Clock,
    readonly perSecond: number,
    readonly burst: number,
  ) {
    this.#clock = clock;
    this.#tokens = burst;
    this.#at = clock.now();
  }

  /** Whether there is room for one more. */
  admit(): boolean {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.burst, this.#tokens + (Math.max(0, now - this.#at) * this.perSecond) / 1000);
    this.#at = now;
    if (this.#tokens < 1) {
      this.#left += 1;
      return false;
    }
    this.#tokens -= 1;
    return true;
  }

  /** One that was admitted was left out for another reason. */
  leaveOut(): void {
    this.#left += 1;
  }

  /** How many were left out since this was asked last. */
  takeLeft(): number {
    const left = this.#left;
    this.#left = 0;
    return left;
  }
}
