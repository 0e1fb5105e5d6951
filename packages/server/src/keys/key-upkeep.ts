import type { Database } from '../db/schema.js';
import type { Log, Random } from '../runtime.js';
import type { KeyKeeper } from './key-keeper.js';
import { resealSecrets, type SealedColumn } from './reseal.js';

const EVERY_MS = 3600_000;

export interface KeyUpkeepParts {
  readonly db: Database;
  readonly keeper: KeyKeeper;
  readonly random: Random;
  readonly log: Log;
  readonly columns: readonly SealedColumn[];
}

/** Seals anew what older keys sealed, and lets those go that nothing needs: at start, when woken, and every hour. */
export interface KeyUpkeep {
  /** To be called after a rotation. */
  wake(): void;
  /** Resolves when nothing is to be done any more. */
  idle(): Promise<void>;
  /** Resolves when a round under way has ended; none begins afterwards. */
  stop(): Promise<void>;
}

export function keyUpkeep({ db, keeper, random, log, columns }: KeyUpkeepParts): KeyUpkeep {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  const wake = (): void => {
    if (!stopped) running = running.then(round);
  };
  const timer = setInterval(wake, EVERY_MS);
  timer.unref();
  wake();

  async function round(): Promise<void> {
    if (stopped || keeper.list().length === 1) return;
    try {
      const needed = await resealSecrets(db, keeper.ring, random, columns);
      if (needed.size > 0) {
        log.error({ keys: [...needed] }, 'some secrets at rest cannot be opened; their keys are kept');
      }
      const gone = await keeper.retire(needed);
      if (gone.length > 0) log.info({ keys: gone }, 'old keys were let go');
    } catch (error) {
      log.error({ err: error }, 'the upkeep of the keys failed');
    }
  }

  return {
    wake,
    idle: () => running,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
