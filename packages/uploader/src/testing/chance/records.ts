import type { Checkpoint, CheckpointStore } from '../../ports.js';
import type { Timeline } from './timeline.js';

export type StoreFaultKind = 'throws' | 'rejects' | 'hangs' | 'slow' | 'loses' | 'old';

export interface StoreFault {
  readonly kind: StoreFaultKind;
  /** Calls that fare like this. */
  readonly times: number;
}

/** Longer than anybody waits for a store. */
const SLOW = 12_000;

/** Checkpoints of a device, which outlive its processes. */
export class ChanceRecords {
  faults: StoreFault[] = [];
  /** Any call ever failed, was late, or was not what it seemed. */
  unreliable = false;
  readonly #timeline: Timeline;
  readonly #records = new Map<string, Checkpoint>();
  readonly #older = new Map<string, Checkpoint>();
  readonly #left = new Map<StoreFault, number>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get all(): readonly Checkpoint[] {
    return [...this.#records.values()];
  }

  storeOf(owner: { readonly alive: boolean }): CheckpointStore {
    return {
      get: (fingerprint) =>
        this.#call(owner, (fault) =>
          fault === 'old'
            ? (this.#older.get(fingerprint) ?? this.#records.get(fingerprint))
            : this.#records.get(fingerprint),
        ),
      set: (checkpoint) => {
        const record = structuredClone(checkpoint);
        return this.#call(owner, (fault) => {
          if (fault === 'loses') return;
          const before = this.#records.get(record.fingerprint);
          if (before && !this.#older.has(record.fingerprint)) this.#older.set(record.fingerprint, before);
          this.#records.set(record.fingerprint, record);
        });
      },
      delete: (fingerprint) =>
        this.#call(owner, (fault) => {
          if (fault !== 'loses') this.#records.delete(fingerprint);
        }),
      list: () => this.#call(owner, () => this.all),
    };
  }

  #call<T>(owner: { readonly alive: boolean }, run: (fault: StoreFaultKind | undefined) => T): Promise<T> {
    const fault = this.#next();
    if (fault) this.unreliable = true;
    if (fault === 'throws') throw new Error('the store throws');
    return new Promise((resolve, reject) => {
      if (fault === 'hangs') return;
      // The database goes on when the page is gone.
      this.#timeline.after(fault === 'slow' ? SLOW : 2, () => {
        if (fault === 'rejects') reject(new Error('the store fails'));
        else {
          const answer = run(fault);
          if (owner.alive) resolve(answer);
        }
      });
    });
  }

  #next(): StoreFaultKind | undefined {
    const fault = this.faults[0];
    if (!fault) return undefined;
    const left = (this.#left.get(fault) ?? fault.times) - 1;
    this.#left.set(fault, left);
    if (left <= 0) this.faults = this.faults.slice(1);
    return fault.kind;
  }
}
