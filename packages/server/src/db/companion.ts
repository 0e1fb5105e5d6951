import { AsyncLocalStorage } from 'node:async_hooks';
import type { DatabaseTransaction } from './schema.js';

/** Something that is committed together with a transaction of somebody else. */
export interface Companion {
  /** Last in the transaction. Called again in each run of it, after {@link over}. */
  write(transaction: DatabaseTransaction): Promise<void>;
  /** A run has ended. `unknown`: the connection was lost in the middle of the commit. */
  over(how: 'committed' | 'rolled-back' | 'unknown'): void;
}

export const noCompanion: Companion = { write: async () => {}, over: () => {} };

/**
 * The companion of the call that is being handled. Handlers open their transactions deep inside, and are to know nothing of
 * it (ADR 19).
 */
export const companions = new AsyncLocalStorage<Companion>();
