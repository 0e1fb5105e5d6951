import { setTimeout as sleep } from 'node:timers/promises';

/** Shorter pauses are saved up: timers are not that exact. */
const SHORTEST_PAUSE_MS = 20;

/** Keeps reading below a number of bytes a second, by pausing for as long as the bytes may take. */
export class Pace {
  readonly #bytesPerMs: number;
  #owed = 0;

  /** @param bytesPerSecond `Infinity` for no limit */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000;
  }

  /** @throws the signal's reason */
  async spend(bytes: number, signal: AbortSignal): Promise<void> {
    this.#owed += bytes / this.#bytesPerMs;
    if (this.#owed < SHORTEST_PAUSE_MS) return;
    const pause = this.#owed;
    this.#owed = 0;
    try {
      await sleep(pause, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}
