import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';
import { removeFile } from './remove-file.js';
import { writeAll } from './write-all.js';

const openFile = promisify(open);
const syncFile = promisify(fdatasync);
const closeFile = promisify(close);

/** Bytes. What is written is put on its way this often, so that the sync at the end finds little left to do. */
const SYNC_EVERY = 32 * 1024 * 1024;

/** A new file, written in several places at a time. On bare descriptors: a `FileHandle` costs twice the time. */
export class BlobFile {
  readonly #path: string;
  readonly #opened: Promise<number>;
  /** Calls on the descriptor: it is closed after the last of them, because its number is given out again. */
  readonly #running = new Set<Promise<void>>();
  #unsynced = 0;
  /** The last sync ahead of the end. The system tells an error of writing back once, so its error is not to be lost. */
  #ahead: Promise<void> = Promise.resolve();
  #closed = false;

  /** Begins to create it in a directory that is there once `ready` resolves. When it cannot be made every call fails. */
  constructor(path: string, ready: Promise<void>) {
    this.#path = path;
    this.#opened = ready.then(() => openFile(path, 'wx', 0o600));
    this.#opened.catch(() => {});
  }

  /** Writes at a position, going on after short writes. */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    const file = await this.#opened;
    await this.#run(writeAll(file, bytes, position));
    this.#unsynced += bytes.length;
    if (this.#unsynced < SYNC_EVERY) return;
    this.#unsynced = 0;
    await this.#ahead;
    this.#ahead = this.#run(syncFile(file));
    this.#ahead.catch(() => {});
  }

  /** Once it resolves everything that was written is on disk, and the file closed. */
  async finish(): Promise<void> {
    const file = await this.#opened;
    await Promise.all(this.#running);
    await this.#ahead;
    await this.#run(syncFile(file));
    await this.#close(file);
  }

  /** Closes and removes it, in whatever state it is. */
  async abandon(): Promise<void> {
    const file = await this.#opened.catch(() => undefined);
    if (file === undefined) return;
    await Promise.allSettled(this.#running);
    await this.#close(file).catch(() => {});
    await removeFile(this.#path);
  }

  async #close(file: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await closeFile(file);
  }

  #run(call: Promise<void>): Promise<void> {
    this.#running.add(call);
    const done = () => void this.#running.delete(call);
    call.then(done, done);
    return call;
  }
}
