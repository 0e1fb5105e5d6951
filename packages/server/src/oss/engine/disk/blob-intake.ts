import { createBodyHash } from '../body-hash.js';
import type { Crc64Pool } from '../crc64-pool.js';
import type { BodySums } from '../engine.js';
import type { HashThreads, ThreadedHash } from '../hashing/hash-threads.js';
import type { Slabs } from '../hashing/slabs.js';
import type { BlobFile } from './blob-file.js';
import { cutChunks } from './cut-chunks.js';

/** Bytes. Up to here the way to another thread and back costs more than the hash. */
const SMALL_BODY = 128 * 1024;

export interface IntakeRooms {
  readonly slabs: Slabs;
  readonly threads: HashThreads;
  readonly crcs: Crc64Pool;
}

/**
 * Hashes a body and writes it to its file. What is gathered is copied to slabs that the threads share; there it is hashed and
 * written at the same time, while the next one is filled. A small body is hashed where it is.
 */
export class BlobIntake {
  readonly #rooms: IntakeRooms;
  readonly #file: BlobFile;
  #bytes = 0;
  #hash: ThreadedHash | undefined;
  #small: BodySums | undefined;
  /** The slab before: two of a body are under way at most. */
  #before: Promise<void> = Promise.resolve();

  constructor(rooms: IntakeRooms, file: BlobFile) {
    this.#rooms = rooms;
    this.#file = file;
  }

  /** Takes the next bytes; returns while the last of them are still being hashed and written. */
  async take(chunks: readonly Buffer[], bytes: number, last: boolean): Promise<void> {
    if (last && this.#hash === undefined && bytes <= SMALL_BODY) return this.#takeSmall(chunks);
    const { slabs, threads } = this.#rooms;
    this.#hash ??= threads.open();
    for (const run of cutChunks(chunks, slabs.bytes)) {
      const at = await slabs.take();
      const before = this.#before;
      this.#before = this.#passOn(this.#hash, at, run);
      this.#before.catch(() => {});
      await before;
    }
  }

  async sums(): Promise<BodySums> {
    await this.#before;
    if (this.#hash) return { size: this.#bytes, ...(await this.#hash.sums()) };
    if (this.#small === undefined) await this.#takeSmall([]);
    return this.#small as BodySums;
  }

  /** Ends what is under way; nothing is hashed or written any more once it resolves. */
  async abandon(): Promise<void> {
    this.#hash?.close();
    await this.#before.catch(() => {});
  }

  async #takeSmall(chunks: readonly Buffer[]): Promise<void> {
    const hash = await createBodyHash(this.#rooms.crcs);
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    hash.update(body);
    this.#small = hash.sums();
    await this.#file.write(body, 0);
  }

  async #passOn(hash: ThreadedHash, at: number, run: readonly Uint8Array[]): Promise<void> {
    const { slabs } = this.#rooms;
    const target = new Uint8Array(slabs.memory, at);
    let bytes = 0;
    for (const chunk of run) {
      target.set(chunk, bytes);
      bytes += chunk.length;
    }
    const position = this.#bytes;
    this.#bytes += bytes;
    const slab = new Uint8Array(slabs.memory, at, bytes);
    const outcomes = await Promise.allSettled([hash.update(at, bytes), this.#file.write(slab, position)]);
    // Only now: as long as one of the two may look at it, it is nobody else's.
    slabs.give(at);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
