import type { Clock } from '../../ports.js';

interface Timer {
  readonly at: number;
  readonly run: () => void;
  /** The process whose timer it is; `undefined`: the world outside, which never sleeps. */
  readonly owner: object | undefined;
}

/** The time of a world with one device in it: its clock may be wrong, it may sleep, and its processes may die. */
export class Timeline {
  #now = Date.parse('2026-01-02T03:04:05Z');
  #timers: Timer[] = [];
  #asleep = false;
  /** Milliseconds the clock of the device is ahead of the true time. */
  wrong = 0;

  /** True time. */
  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void, owner?: object): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run, owner };
    this.#timers.push(timer);
    return () => {
      const at = this.#timers.indexOf(timer);
      if (at >= 0) this.#timers.splice(at, 1);
    };
  }

  /** The clock of the device, as one of its processes sees it. */
  clockOf(owner: object): Clock {
    return {
      now: () => this.#now + this.wrong,
      setTimeout: (run, ms) => this.after(ms, run, owner),
    };
  }

  /** Timers that a process has set. */
  timersOf(owner: object): number {
    return this.#timers.filter((timer) => timer.owner === owner).length;
  }

  /** A process that died: its timers are gone. */
  drop(owner: object): void {
    this.#timers = this.#timers.filter((timer) => timer.owner !== owner);
  }

  /** Lets `ms` pass, or less: `enough` is asked after every step. */
  async advance(ms: number, enough: () => boolean = () => false): Promise<void> {
    const end = this.#now + ms;
    await idle();
    while (!enough() && this.#step(end)) await idle();
    if (!enough()) this.#now = end;
  }

  /** The device sleeps: its timers wait for the end of it, the world does not. */
  async sleep(ms: number): Promise<void> {
    this.#asleep = true;
    await this.advance(ms);
    this.#asleep = false;
  }

  #step(until: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at > until || (this.#asleep && timer.owner)) continue;
      if (!next || timer.at < next.at) next = timer;
    }
    if (!next) return false;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#now = Math.max(this.#now, next.at);
    next.run();
    return true;
  }
}

/** Every microtask that is due has run. */
const idle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
