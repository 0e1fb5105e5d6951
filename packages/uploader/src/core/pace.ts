import type { Clock } from '../ports.js';
import type { PaceControl } from './pace-control.js';
import { onAbort, stopped, throwIfAborted } from './waiting.js';

interface Waiting {
  readonly bytes: number;
  go(): void;
}

/**
 * Bytes per second over all uploads. Parts start in turn, each when those before it are paid for, so the mean holds
 * whatever the size of a part.
 */
export class Pace implements PaceControl {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  #limit: number | undefined;
  /** Bytes that were started and are not paid for, at `#countedAt`. */
  #debt = 0;
  #countedAt = 0;
  #cancel = () => {};

  constructor(clock: Clock, limit: number | undefined) {
    this.#clock = clock;
    this.#limit = limit;
  }

  get limit(): number | undefined {
    return this.#limit;
  }
  set limit(limit: number | undefined) {
    this.#count();
    this.#limit = limit;
    this.#next();
  }

  /** Most bytes of one part: what a second allows, so that the line is used evenly. */
  get grain(): number {
    return this.#limit ?? Number.POSITIVE_INFINITY;
  }

  /** Waits for its turn. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#limit === undefined && this.#queue.length === 0) return Promise.resolve();
    throwIfAborted(signal);
    return new Promise((resolve, reject) => {
      const waiting = {
        bytes,
        go: () => {
          stop();
          resolve();
        },
      };
      const stop = onAbort(signal, () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        this.#next();
        reject(stopped());
      });
      this.#queue.push(waiting);
      this.#next();
    });
  }

  #count(): void {
    const now = this.#clock.now();
    // Not less than nothing: the clock of the device may be set back.
    const passed = Math.max(0, now - this.#countedAt);
    this.#debt = Math.max(0, this.#debt - (passed * (this.#limit ?? Number.POSITIVE_INFINITY)) / 1000) || 0;
    this.#countedAt = now;
  }

  #next(): void {
    this.#cancel();
    this.#count();
    for (;;) {
      const first = this.#queue[0];
      if (!first) return;
      if (this.#limit === undefined) this.#debt = 0;
      else if (this.#debt > 0) break;
      this.#debt += first.bytes;
      this.#queue.shift();
      first.go();
    }
    this.#cancel = this.#clock.setTimeout(() => this.#next(), Math.ceil((this.#debt * 1000) / (this.#limit as number)));
  }
}
