import type { UploadResult, UploadState, UploadTask } from '../api.js';
import type { UploadProgress } from '../core/progress-meter.js';
import type { UploadError } from '../core/upload-error.js';
import { tell } from './listeners.js';
import { Ticker } from './ticker.js';

/** One upload at one moment. The same object until something changes. */
export interface TaskSnapshot {
  readonly state: UploadState;
  readonly progress: UploadProgress;
  readonly error: UploadError | undefined;
  readonly result: UploadResult | undefined;
}

/** A task as a store for user interfaces: snapshots, and word of their change. */
export interface TaskStore {
  /** Calls `listener` after changes, at most once a frame; the answer stops it. */
  subscribe(listener: () => void): () => void;
  getSnapshot(): TaskSnapshot;
}

class Store implements TaskStore {
  readonly #task: UploadTask;
  readonly #listeners = new Set<() => void>();
  readonly #ticker = new Ticker(() => this.#publish());
  #snapshot: TaskSnapshot;
  #asked: Promise<UploadResult> | undefined;

  constructor(task: UploadTask) {
    this.#task = task;
    this.#snapshot = { state: task.state, progress: task.progress, error: undefined, result: undefined };
    task.on('state', (state) => {
      if (state !== 'failed') this.#set({ error: undefined });
      // After a retry there is a new outcome.
      this.#ask();
      this.#ticker.soon();
    });
    task.on('progress', () => this.#ticker.later());
    this.#ask();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): TaskSnapshot => this.#snapshot;

  #ask(): void {
    const { done } = this.#task;
    if (done === this.#asked) return;
    this.#asked = done;
    done.then(
      (result) => this.#set({ result }),
      (error: UploadError) => {
        if (done === this.#asked) this.#set({ error });
      },
    );
  }

  #set(change: Partial<TaskSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    this.#ticker.soon();
  }

  #publish(): void {
    const { state, progress } = this.#task;
    this.#snapshot = { ...this.#snapshot, state, progress };
    tell(this.#listeners, undefined);
  }
}

const stores = new WeakMap<UploadTask, TaskStore>();

/** State, progress and outcome of one upload, to be shown; the same store for every caller. */
export function taskStoreOf(task: UploadTask): TaskStore {
  const found = stores.get(task);
  if (found) return found;
  const made = new Store(task);
  stores.set(task, made);
  return made;
}
