import { closeSync, fdatasync } from 'node:fs';
import { promisify } from 'node:util';
import type { BodySums } from '../engine.js';
import { cutChunks } from './cut-chunks.js';
import type { ContentSums, IntakeThreads, ThreadedIntake } from './intake/intake-threads.js';
import type { Slabs } from './intake/slabs.js';
import { removeFile } from './remove-file.js';

const syncFile = promisify(fdatasync);

/** Bytes. What is written is put on its way this often, so that the sync at the end finds little left to do. */
const SYNC_EVERY = 32 * 1024 * 1024;

export interface IntakeRooms {
  readonly slabs: Slabs;
  readonly threads: IntakeThreads;
}

/**
 * One body on its way into a new file. What is gathered is copied to slabs that threads share; there it is hashed and written by
 * one of them, while the next slab is filled.
 */
export class BlobIntake {
  readonly #rooms: IntakeRooms;
  readonly #path: string;
  readonly #ready: Promise<void>;
  #thread: ThreadedIntake | undefined;
  #bytes = 0;
  #unsynced = 0;
  /** The slab before: two of a body are under way at most. */
  #before: Promise<unknown> = Promise.resolve();
  #sums: Promise<ContentSums> | undefined;
  /** The last sync ahead of the end. The system tells an error of writing back once, so its error is not to be lost. */
  #ahead: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param path of the file, in a directory that is there once `ready` resolves */
  constructor(rooms: IntakeRooms, path: string, ready: Promise<void>) {
    this.#rooms = rooms;
    this.#path = path;
    this.#ready = ready;
    ready.catch(() => {});
  }

  /** Takes the next bytes; returns while the last of them are still being hashed and written. */
  async take(chunks: readonly Buffer[], last: boolean): Promise<void> {
    await this.#ready;
    const runs = [...cutChunks(chunks, this.#rooms.slabs.bytes)];
    for (const [i, run] of runs.entries()) {
      const at = await this.#rooms.slabs.take();
      const before = this.#before;
      this.#before = this.#passOn(at, run, last && i === runs.length - 1);
      this.#before.catch(() => {});
      await before;
    }
  }

  /** To be asked for when everything was taken. */
  async sums(): Promise<BodySums> {
    await this.#ready;
    await this.#before;
    this.#sums ??= this.#intake().takeLast(0, 0);
    return { size: this.#bytes, ...(await this.#sums) };
  }

  /** Once it resolves everything that was written is on disk, and the file closed. */
  async finish(): Promise<void> {
    const file = this.#intake().file;
    if (file === undefined) throw new TypeError('nothing was taken');
    await this.#ahead;
    await syncFile(file);
    this.#close(file);
  }

  /** Ends what is under way, closes the file and removes it. */
  async abandon(): Promise<void> {
    // Nothing of it is to be under way any more when it has ended, not even the making of its directory.
    await this.#ready.catch(() => {});
    await this.#before.catch(() => {});
    await this.#thread?.forget();
    await this.#ahead.catch(() => {});
    const file = this.#thread?.file;
    if (file !== undefined) this.#close(file);
    // A thread that was lost may have made it without telling.
    if (this.#thread) await removeFile(this.#path);
  }

  #intake(): ThreadedIntake {
    this.#thread ??= this.#rooms.threads.open(this.#path);
    return this.#thread;
  }

  async #passOn(at: number, run: readonly Uint8Array[], last: boolean): Promise<void> {
    const { slabs } = this.#rooms;
    const slab = Buffer.from(slabs.memory, at, slabs.bytes);
    let bytes = 0;
    for (const chunk of run) {
      // Into shared memory `set` copies word by word, as if somebody else wrote there too; `fill` is a plain memcpy.
      slab.fill(chunk, bytes, bytes + chunk.length);
      bytes += chunk.length;
    }
    this.#bytes += bytes;
    const intake = this.#intake();
    try {
      if (last) {
        this.#sums = intake.takeLast(at, bytes);
        await this.#sums;
      } else await intake.take(at, bytes);
    } finally {
      // Only now: as long as the thread may look at it, it is nobody else's.
      slabs.give(at);
    }
    this.#unsynced += bytes;
    if (last || this.#unsynced < SYNC_EVERY || intake.file === undefined) return;
    this.#unsynced = 0;
    const { file } = intake;
    this.#ahead = this.#ahead.then(() => syncFile(file));
    this.#ahead.catch(() => {});
  }

  /** At once: a synced file has nothing left to wait for. */
  #close(file: number): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(file);
  }
}
