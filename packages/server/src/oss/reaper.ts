import { lateDurability } from '../db/late-durability.js';
import type { Database } from '../db/schema.js';
import type { Log } from '../runtime.js';
import { forgetGarbage, pageOfGarbage } from './catalog/garbage.js';
import type { GroupCommit } from './catalog/group-commit.js';
import type { StorageEngine } from './engine/engine.js';
import type { Leases } from './leases.js';

const BLOBS_AT_ONCE = 500;
/** Over a network a deletion is mostly waiting. */
const DELETIONS_AT_ONCE = 16;

/**
 * Deletes discarded blobs that no reader holds. Woken after whatever may have discarded some, and by readers that leave; a
 * blob that could not be deleted stays listed and is tried again at the next wake.
 */
export class Reaper {
  readonly #rooms: { db: Database; engine: StorageEngine; commits: GroupCommit; leases: Leases; log: Log };
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(rooms: { db: Database; engine: StorageEngine; commits: GroupCommit; leases: Leases; log: Log }) {
    this.#rooms = rooms;
  }

  wake(): void {
    if (this.#stopped) return;
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again) {
        this.#again = false;
        this.wake();
      }
    });
  }

  /** Resolves when there is nothing more to do for now. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    const { db, commits, leases, log } = this.#rooms;
    try {
      for (let after = ''; !this.#stopped; ) {
        const page = await pageOfGarbage(db, after, BLOBS_AT_ONCE);
        const last = page.at(-1);
        if (last === undefined) return;
        after = last;
        // They are seen as soon as they are committed. Were power lost before that is on disk, what names them would be back.
        await lateDurability(db)?.settle();
        // Readers that looked before these blobs were discarded may be about to hold them; later ones cannot see them.
        await leases.lookupsSettled();
        const gone = await this.#delete(page.filter((blob) => !leases.isHeld(blob)));
        if (gone.length > 0) await commits.commit((transaction) => forgetGarbage(transaction, gone));
      }
    } catch (error) {
      log.warn({ err: error }, 'discarded blobs could not be reclaimed; it is tried again');
    }
  }

  async #delete(blobs: readonly string[]): Promise<readonly string[]> {
    const gone: string[] = [];
    const waiting = [...blobs];
    const work = async (): Promise<void> => {
      for (let blob = waiting.pop(); blob !== undefined; blob = waiting.pop()) {
        try {
          await this.#rooms.engine.delete(blob);
          gone.push(blob);
        } catch (error) {
          this.#rooms.log.warn({ err: error, blob }, 'a discarded blob could not be deleted');
        }
      }
    };
    await Promise.all(Array.from({ length: DELETIONS_AT_ONCE }, work));
    return gone;
  }
}
