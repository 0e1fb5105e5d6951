import type { Clock } from '../ports.js';

/** A clock that stands still until it is driven. */
export class ManualClock implements Clock {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(start = Date.parse('2026-01-02T03:04:05Z')) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(run: () => void, ms: number): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** Timers that are set. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Lets time pass, timer by timer, until `work` is settled; answers how it ended. Fails when nothing can happen any more. */
  async settle<T>(work: Promise<T>): Promise<PromiseSettledResult<T>> {
    let outcome: PromiseSettledResult<T> | undefined;
    void Promise.allSettled([work]).then(([result]) => {
      outcome = result;
    });
    for (let nothing = 0; nothing < 100; ) {
      await idle();
      if (outcome) return outcome;
      if (this.#step()) nothing = 0;
      else {
        // Work off this thread (digests of the platform) takes real time.
        nothing++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    throw new Error('Nothing is left to happen, and the work is not settled');
  }

  async resolve<T>(work: Promise<T>): Promise<T> {
    const outcome = await this.settle(work);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await idle();
    while (this.#step(end)) await idle();
    this.#now = end;
  }

  #step(until = Number.POSITIVE_INFINITY): boolean {
    const next = this.#timers.reduce<{ at: number; run: () => void } | undefined>(
      (first, timer) => (timer.at <= until && (!first || timer.at < first.at) ? timer : first),
      undefined,
    );
    if (!next) return false;
    this.#timers = this.#timers.filter((t) => t !== next);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}

/** Every microtask and immediate that is due has run. */
async function idle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setImmediate(resolve));
}
