import type { Clock } from '../ports.js';

/**
 * The server's time, as far as it is known: this machine's clock plus a measured offset.
 *
 * A `Date` header has a resolution of one second and was stamped somewhere between sending and receiving, so one answer
 * bounds the offset between two values. The offset moves only when it leaves those bounds, and then no further than to
 * the nearer one: answers that agree never make it jitter.
 */
export class ServerClock {
  readonly #clock: Clock;
  #offset = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#offset;
  }

  /** An instant of this machine's clock in server time. */
  at(local: number): number {
    return local + this.#offset;
  }

  /** @param stamped the `Date` of an answer, milliseconds */
  observe(stamped: number, sentAt: number, receivedAt: number): void {
    // When the clock was set back in between the bounds cross: then the one of the clock as it is now holds.
    this.#offset = Math.max(Math.min(this.#offset, stamped + 999 - sentAt), stamped - receivedAt);
  }
}
