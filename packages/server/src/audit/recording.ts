import type { AuditEntry } from './entry.js';

/**
 * One record to be written once: with the first transaction that commits of those it is given to, or else by itself. What it
 * tells is asked for right before it is written.
 */
export class Recording {
  /** `claimed`: a transaction that is under way has it. */
  state: 'open' | 'claimed' | 'written' = 'open';
  readonly #entry: () => AuditEntry | undefined;

  constructor(entry: () => AuditEntry | undefined) {
    this.#entry = entry;
  }

  get written(): boolean {
    return this.state === 'written';
  }

  /** `undefined`: nothing happened that is to be told. */
  entry(): AuditEntry | undefined {
    return this.#entry();
  }
}
