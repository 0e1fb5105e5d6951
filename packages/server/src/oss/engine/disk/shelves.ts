import { mkdir } from 'node:fs/promises';
import type { BlobPath } from './blob-names.js';
import type { DirectorySync } from './directory-sync.js';

/** Makes the directories of blobs, durably and once. */
export class Shelves {
  readonly #root: string;
  readonly #sync: DirectorySync;
  readonly #made = new Map<string, Promise<void>>();

  constructor(root: string, sync: DirectorySync) {
    this.#root = root;
    this.#sync = sync;
  }

  async ensure({ outer, shelf }: BlobPath): Promise<void> {
    let made = this.#made.get(shelf);
    if (made === undefined) {
      // Few are in use at a time; the bound only keeps a server that runs for years from remembering all of them.
      if (this.#made.size >= 256) this.#made.clear();
      made = this.#make(outer, shelf);
      this.#made.set(shelf, made);
      made.catch(() => this.#made.delete(shelf));
    }
    await made;
  }

  async #make(outer: string, shelf: string): Promise<void> {
    await mkdir(shelf, { recursive: true });
    await this.#sync.sync(this.#root);
    await this.#sync.sync(outer);
  }
}
