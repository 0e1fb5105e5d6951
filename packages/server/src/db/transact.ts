import { type Companion, companions } from './companion.js';
import { CommitUnknown, DatabaseUnavailable } from './database-errors.js';
import { lateDurability } from './late-durability.js';
import type { Database, DatabaseTransaction } from './schema.js';

/** What is done in a transaction. It may run several times, so it changes nothing but the database. */
export type Step<T> = (transaction: DatabaseTransaction) => Promise<T>;

/** Of each round of a conflict one transaction commits, so this is far more than any crowd that the pool lets in needs. */
const MAX_ATTEMPTS = 100;
const LONGEST_PAUSE_MS = 50;

/**
 * The one way into a transaction. Whatever a step reads still holds when its writes are committed, on SQLite because
 * transactions come one after the other, on PostgreSQL because they are serialisable and one that lost against another is
 * run again (ADR 10). So a step may look first and write then, without a lock.
 *
 * @param companion committed with it; default: that of the call in which this runs
 * @returns what the step returned in the run that was committed
 * @throws {DatabaseUnavailable} when the database is away; nothing was stored
 * @throws {CommitUnknown} when it went away in the middle of the commit
 */
export async function transact<T>(
  db: Database,
  step: Step<T>,
  companion: Companion | undefined = companions.getStore(),
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const durability = lateDurability(db);
    let committing = false;
    try {
      const result = await db
        .transaction()
        .setIsolationLevel('serializable')
        .execute(async (transaction) => {
          const made = await step(transaction);
          await companion?.write(transaction);
          committing = true;
          durability?.deferNext();
          return made;
        });
      // The next transaction may begin: it comes to the disk with this one, or after it.
      companion?.over('committed');
      await durability?.settle();
      return result;
    } catch (error) {
      const unknown = committing && error instanceof DatabaseUnavailable;
      companion?.over(unknown ? 'unknown' : 'rolled-back');
      if (isConflict(error) && attempt < MAX_ATTEMPTS) await pause(Math.min(attempt - 1, LONGEST_PAUSE_MS));
      else if (unknown) throw new CommitUnknown(error);
      else throw error;
    }
  }
}

/** Serialisation failure, deadlock: undone by PostgreSQL so that another transaction could go on. */
function isConflict(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === '40001' || code === '40P01';
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
