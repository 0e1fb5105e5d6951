import { type FileHandle, open } from 'node:fs/promises';

/** Directories that are kept open. Blobs share one for about a thousand times, and then go on to the next. */
const MOST_OPEN = 4;
const IDLE_MS = 1000;

/**
 * Makes the entries of directories durable. Callers that come while a sync of the same directory runs share the next one:
 * a running sync may have begun before their entry was made.
 */
export class DirectorySync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();
  /** To open one anew for each sync costs two more turns of another thread than the sync itself. */
  readonly #open = new Map<string, FileHandle>();
  #idle: NodeJS.Timeout | undefined;

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
    const run = this.#sync(directory).finally(() => {
      if (this.#running.get(directory) === run) this.#running.delete(directory);
    });
    this.#running.set(directory, run);
    return run;
  }

  async #sync(directory: string): Promise<void> {
    let handle = this.#open.get(directory);
    if (handle === undefined) {
      if (this.#open.size >= MOST_OPEN) this.#closeIdle();
      handle = await open(directory, 'r');
      this.#open.set(directory, handle);
    }
    this.#idle ??= setTimeout(() => this.#rest(), IDLE_MS).unref();
    this.#idle.refresh();
    await handle.sync();
  }

  #rest(): void {
    this.#closeIdle();
    if (this.#open.size > 0) this.#idle?.refresh();
  }

  #closeIdle(): void {
    for (const [directory, handle] of this.#open) {
      if (this.#running.has(directory)) continue;
      this.#open.delete(directory);
      // Nothing was written by it that a failure to close could lose.
      handle.close().catch(() => {});
    }
  }
}
