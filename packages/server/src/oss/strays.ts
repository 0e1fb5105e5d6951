import type { Log } from '../runtime.js';

/** More are left to the sweep at the next start; a bound for disks that fail for weeks. */
const MOST = 100_000;

/**
 * Blobs of this run of which nobody knows whether a row names them, or which could not be deleted. The sweep looks at them
 * like at those of earlier runs; without it their space would be gone until the next start.
 */
export class Strays {
  readonly #log: Log;
  readonly #blobs = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(blob: string, reason: unknown): void {
    this.#log.warn({ err: reason, blob }, 'a blob may have been left that nothing names; a sweep will tell');
    if (this.#blobs.size < MOST) this.#blobs.add(blob);
  }

  get size(): number {
    return this.#blobs.size;
  }

  /** Those of now; each is forgotten when it is settled. */
  list(): readonly string[] {
    return [...this.#blobs];
  }

  settled(blob: string): void {
    this.#blobs.delete(blob);
  }
}
