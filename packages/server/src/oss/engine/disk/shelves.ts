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
    // Never the root: where that is gone the data directory was moved away or removed, and the database with it.
    await makeDirectory(outer);
    await makeDirectory(shelf);
    await this.#sync.sync(this.#root);
    await this.#sync.sync(outer);
  }
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
