import type { Network } from '../ports.js';

/** A connection that a test takes away and gives back. */
export class ManualNetwork implements Network {
  #online = true;
  readonly #listeners = new Set<() => void>();

  online(): boolean {
    return this.#online;
  }

  onChange(run: () => void): () => void {
    this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  set(online: boolean): void {
    this.#online = online;
    for (const run of [...this.#listeners]) run();
  }
}
