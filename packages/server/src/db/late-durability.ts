import { closeSync, fdatasync, fdatasyncSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseUnavailable } from './database-errors.js';
import type { Database } from './schema.js';

const syncFile = promisify(fdatasync);

/**
 * SQLite waits for the disk on the thread that runs everything. So its commits only write the log, and what was committed is
 * synced beside: once for all who wait, while others go on. A commit counts when `settle` has resolved, not before.
 */
export interface LateDurability {
  /** The next commit is settled by the caller; any other is durable when it returns. */
  deferNext(): void;
  /** Resolves when everything committed before the call is on disk. */
  settle(): Promise<void>;
}

const known = new WeakMap<Database, LateDurability>();

/** `undefined` for a database whose commits are durable when they return. */
export const lateDurability = (db: Database): LateDurability | undefined => known.get(db);

export function giveLateDurability(db: Database, durability: LateDurability): void {
  known.set(db, durability);
}

/**
 * The write-ahead log of a database, synced from outside: SQLite finds it as if it had synced it itself, since only the time
 * differs (`synchronous=NORMAL` still syncs before and after each checkpoint).
 *
 * A sync that fails is told once by the system, and later ones succeed though the bytes are lost; a log with a hole in it ends
 * there. So after a failure nothing is ever confirmed again: the server has to be started anew.
 */
export class LogSync implements LateDurability {
  readonly #file: string;
  #descriptor: number | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #failure: Error | undefined;
  #deferred = false;

  /** @param database its path */
  constructor(database: string) {
    this.#file = `${database}-wal`;
  }

  deferNext(): void {
    this.#deferred = true;
  }

  settle(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    // The one that runs may have begun before the caller's commit.
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#start();
      });
    return this.#next;
  }

  /** To be called after each commit, in the same turn. */
  committed(): void {
    if (this.#deferred) {
      this.#deferred = false;
      return;
    }
    this.#check();
    try {
      fdatasyncSync(this.#open());
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** To be called before a transaction begins. @throws {DatabaseUnavailable} once a sync has failed */
  begin(): void {
    this.#check();
  }

  /** To be called when a commit did not come to pass. */
  rolledBack(): void {
    this.#deferred = false;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #start(): Promise<void> {
    const run = this.#sync().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #sync(): Promise<void> {
    this.#check();
    try {
      await syncFile(this.#open());
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #open(): number {
    if (this.#descriptor !== undefined) return this.#descriptor;
    const descriptor = openSync(this.#file, 'r+');
    this.#descriptor = descriptor;
    // Its entry in the directory has to last, too.
    const directory = openSync(dirname(this.#file), 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
    return descriptor;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }

  #fail(cause: unknown): Error {
    this.#failure ??= new DatabaseUnavailable(
      'the log of the database could not be written to disk; restart the server',
      {
        cause,
      },
    );
    return this.#failure;
  }
}
