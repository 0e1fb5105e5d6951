import { open } from 'node:fs/promises';

/**
 * Makes the entries of directories durable. Callers that come while a sync of the same directory runs share the next one:
 * a running sync may have begun before their entry was made.
 */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  /** Resolves when every entry made in the directory before the call is on disk. */
  sync(directory: string): Promise<void> {
    const running = this.#running.get(directory);
    if (running === undefined) return this.#start(directory);
    let next = this.#next.get(directory);
    if (next === undefined) {
      const begin = () => {
        this.#next.delete(directory);
        return this.#start(directory);
      };
      next = running.then(begin, begin);
      this.#next.set(directory, next);
    }
    return next;
  }

  #start(directory: string): Promise<void> {
    const run = syncDirectory(directory).finally(() => {
      if (this.#running.get(directory) === run) this.#running.delete(directory);
    });
    this.#running.set(directory, run);
    return run;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
