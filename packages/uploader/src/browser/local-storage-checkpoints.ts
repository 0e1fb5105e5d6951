import { parseCheckpoint } from '../core/checkpoint.js';
import type { Checkpoint, CheckpointStore } from '../ports.js';

const PREFIX = 'sluice.upload.';

/** Checkpoints in `localStorage`. Touches it only when used, never at import. */
export class LocalStorageCheckpoints implements CheckpointStore {
  readonly #storage: () => Storage;

  /** @param storage default: the `localStorage` of the page */
  constructor(storage: () => Storage = () => globalThis.localStorage) {
    this.#storage = storage;
  }

  async get(fingerprint: string): Promise<Checkpoint | undefined> {
    return parseCheckpoint(this.#storage().getItem(PREFIX + fingerprint));
  }

  async set(checkpoint: Checkpoint): Promise<void> {
    this.#storage().setItem(PREFIX + checkpoint.fingerprint, JSON.stringify(checkpoint));
  }

  async delete(fingerprint: string): Promise<void> {
    this.#storage().removeItem(PREFIX + fingerprint);
  }

  async list(): Promise<readonly Checkpoint[]> {
    const storage = this.#storage();
    const keys = Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '');
    return keys.filter((key) => key.startsWith(PREFIX)).flatMap((key) => parseCheckpoint(storage.getItem(key)) ?? []);
  }
}
