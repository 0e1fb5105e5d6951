import { parseCheckpoint } from '../core/checkpoint.js';
import type { Checkpoint, CheckpointStore } from '../ports.js';

/** What `@react-native-async-storage/async-storage` has (1.x to 3.x); any other store of text will do. */
export interface KeyValueStore {
  getItem(key: string): Promise<string | null | undefined>;
  setItem(key: string, value: string): Promise<unknown>;
  removeItem(key: string): Promise<unknown>;
  getAllKeys(): Promise<readonly string[]>;
}

const PREFIX = 'sluice.upload.';

/** Checkpoints in a store of the device. They hold no credential. */
export class KeyValueCheckpoints implements CheckpointStore {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  async get(fingerprint: string): Promise<Checkpoint | undefined> {
    return parseCheckpoint((await this.#store.getItem(PREFIX + fingerprint)) ?? null);
  }

  async set(checkpoint: Checkpoint): Promise<void> {
    const { handle, ...record } = checkpoint as Checkpoint & { handle?: unknown };
    const kept = typeof handle === 'string' ? { ...record, handle } : record;
    await this.#store.setItem(PREFIX + checkpoint.fingerprint, JSON.stringify(kept));
  }

  async delete(fingerprint: string): Promise<void> {
    await this.#store.removeItem(PREFIX + fingerprint);
  }

  async list(): Promise<readonly Checkpoint[]> {
    const keys = (await this.#store.getAllKeys()).filter((key) => key.startsWith(PREFIX));
    const texts = await Promise.all(keys.map((key) => this.#store.getItem(key)));
    return texts.flatMap((text) => parseCheckpoint(text ?? null) ?? []);
  }
}
