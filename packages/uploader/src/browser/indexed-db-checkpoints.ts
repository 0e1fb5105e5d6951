import { readCheckpoint } from '../core/checkpoint.js';
import type { Checkpoint, CheckpointStore } from '../ports.js';

const STORE = 'uploads';

/** Checkpoints in IndexedDB, which also keeps file handles. Touches it only when used, never at import. */
export class IndexedDbCheckpoints implements CheckpointStore {
  readonly #name: string;
  #database: Promise<IDBDatabase> | undefined;
  /** The page was left; resolves when it is shown again. */
  #left: Promise<void> | undefined;
  #heeding = false;

  /** @param name of the database */
  constructor(name = 'sluice') {
    this.#name = name;
  }

  async get(fingerprint: string): Promise<Checkpoint | undefined> {
    return readCheckpoint(await this.#run('readonly', (store) => store.get(fingerprint)));
  }

  async set(checkpoint: Checkpoint): Promise<void> {
    await this.#run('readwrite', (store) => store.put(checkpoint));
  }

  async delete(fingerprint: string): Promise<void> {
    await this.#run('readwrite', (store) => store.delete(fingerprint));
  }

  async list(): Promise<readonly Checkpoint[]> {
    const all = await this.#run('readonly', (store) => store.getAll());
    return (all as unknown[]).flatMap((record) => readCheckpoint(record) ?? []);
  }

  async #run<T>(mode: IDBTransactionMode, call: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    await this.#left;
    const transaction = (await this.#open()).transaction(STORE, mode);
    const request = call(transaction.objectStore(STORE));
    // Without a word from this page, which may be frozen by then.
    transaction.commit?.();
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  }

  /**
   * A page that is left may be kept as it is, for the way back. What it then begins in the database never ends, and every
   * other page of the site waits for it (WebKit).
   */
  #heedPage(): void {
    if (this.#heeding || typeof globalThis.addEventListener !== 'function') return;
    this.#heeding = true;
    globalThis.addEventListener('pagehide', () => {
      this.#left = new Promise((resolve) => globalThis.addEventListener('pageshow', () => resolve(), { once: true }));
    });
  }

  #open(): Promise<IDBDatabase> {
    this.#heedPage();
    this.#database ??= new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(this.#name, 1);
      request.onupgradeneeded = () => void request.result.createObjectStore(STORE, { keyPath: 'fingerprint' });
      request.onsuccess = () => {
        const database = request.result;
        // Another version of this page wants to change it, or the browser closed it: opened anew when it is next used.
        const forget = () => {
          database.close();
          this.#database = undefined;
        };
        database.onversionchange = forget;
        database.onclose = forget;
        resolve(database);
      };
      request.onerror = () => {
        this.#database = undefined;
        reject(request.error);
      };
      request.onblocked = () => reject(new Error('The database is blocked by another tab'));
    });
    return this.#database;
  }
}
