/**
 * Who reads which blob, so that an overwrite or a deletion never harms a reader in flight. A lookup counts from before the
 * catalog is asked: between a manifest being read and its blobs being held nothing may be deleted.
 */
export class Leases {
  readonly #held = new Map<string, number>();
  readonly #lookups = new Set<Promise<unknown>>();
  readonly #onRelease: () => void;

  /** @param onRelease called when a blob is held by nobody any more */
  constructor(onRelease: () => void) {
    this.#onRelease = onRelease;
  }

  /**
   * Asks the catalog and holds the blobs of what it found.
   * @returns what was found, and `release`, to be called once when reading is over
   */
  async acquire<T>(
    find: () => Promise<{ found: T; blobs: readonly string[] }>,
  ): Promise<{ found: T; release(): void }> {
    const lookup = find().then(({ found, blobs }) => {
      for (const blob of blobs) this.#held.set(blob, (this.#held.get(blob) ?? 0) + 1);
      return { found, release: () => this.#release(blobs) };
    });
    this.#lookups.add(lookup);
    try {
      return await lookup;
    } finally {
      this.#lookups.delete(lookup);
    }
  }

  /** Resolves when every lookup that runs now has either held its blobs or found none. */
  async lookupsSettled(): Promise<void> {
    await Promise.allSettled(this.#lookups);
  }

  isHeld(blob: string): boolean {
    return this.#held.has(blob);
  }

  #release(blobs: readonly string[]): void {
    for (const blob of blobs) {
      const left = (this.#held.get(blob) ?? 0) - 1;
      if (left > 0) this.#held.set(blob, left);
      else this.#held.delete(blob);
    }
    if (blobs.length > 0) this.#onRelease();
  }
}
