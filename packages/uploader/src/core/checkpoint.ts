/** Records of unfinished uploads: reading them with suspicion, and writing them not too often. */
import type { Checkpoint, CheckpointStore, Clock } from '../ports.js';
import { parseCrc } from './oss-answers.js';

const TEXTS = ['fingerprint', 'sample', 'fileName', 'videoId', 'bucket', 'key', 'endpoint', 'uploadId'] as const;
const NUMBERS = ['size', 'lastModified', 'unit', 'createdAt'] as const;

/** `undefined` when the value (from a store anybody may write to) is not a record of this version. */
export function readCheckpoint(value: unknown): Checkpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  const good =
    record.version === 2 &&
    TEXTS.every((name) => typeof record[name] === 'string' && record[name] !== '') &&
    typeof record.account === 'string' &&
    NUMBERS.every((name) => Number.isFinite(record[name])) &&
    (record.unit as number) > 0 &&
    Array.isArray(record.parts) &&
    record.parts.every(isPart);
  return good ? (value as Checkpoint) : undefined;
}

export function parseCheckpoint(text: string | null): Checkpoint | undefined {
  try {
    return text === null ? undefined : readCheckpoint(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isPart(part: unknown): boolean {
  return (
    Array.isArray(part) &&
    Number.isInteger(part[0]) &&
    Number.isInteger(part[1]) &&
    typeof part[2] === 'string' &&
    typeof part[3] === 'string' &&
    parseCrc(part[3]) !== undefined
  );
}

/** How long the store may take for an answer, milliseconds. */
const PATIENCE = 10_000;

/**
 * The store, but every call of it ends: one that falls silent (a database another page holds up) stops no upload. After
 * 10 s a call fails, and until it is answered further ones fail at once.
 */
export function patientStore(store: CheckpointStore, clock: Clock): CheckpointStore {
  let unanswered = 0;
  const ask = <T>(call: () => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const giveUp = () => reject(new Error('The store of the checkpoints does not answer.'));
      if (unanswered > 0) return giveUp();
      let late = 0;
      const cancel = clock.setTimeout(() => {
        unanswered += ++late;
        giveUp();
      }, PATIENCE);
      const answered = () => {
        cancel();
        unanswered -= late;
      };
      new Promise<T>((answer) => answer(call())).finally(answered).then(resolve, reject);
    });
  return {
    get: (fingerprint) => ask(() => store.get(fingerprint)),
    set: (checkpoint) => ask(() => store.set(checkpoint)),
    delete: (fingerprint) => ask(() => store.delete(fingerprint)),
    list: () => ask(() => store.list()),
  };
}

const INTERVAL = 1000;

/** Writes at most once a second while parts arrive, one write at a time, and the last state always. */
export class CheckpointWriter {
  readonly #store: CheckpointStore;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #latest: (() => Checkpoint) | undefined;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(store: CheckpointStore, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** @param record built when it is written */
  schedule(record: () => Checkpoint): void {
    this.#latest = record;
    this.#cancel ??= this.#clock.setTimeout(() => void this.flush(), INTERVAL);
  }

  flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const record = this.#latest?.();
    this.#latest = undefined;
    if (record) this.#writing = this.#writing.then(() => this.#store.set(record)).catch(this.#failed);
    return this.#writing;
  }

  forget(fingerprint: string): Promise<void> {
    this.#latest = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#writing = this.#writing.then(() => this.#store.delete(fingerprint)).catch(this.#failed);
    return this.#writing;
  }
}
