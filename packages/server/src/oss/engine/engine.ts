import type { Readable } from 'node:stream';

/** What was seen of a body while it passed. */
export interface BodySums {
  /** Bytes. */
  readonly size: number;
  /** Upper-case hexadecimal, the form of an OSS ETag. */
  readonly md5: string;
  readonly crc64: bigint;
}

export interface StoredBlob extends BodySums {
  readonly blob: string;
}

export interface PutOptions {
  /**
   * Bytes that the body will have, where the sender said so; the transport holds it to that. An engine may use it to stream
   * where it would have to gather first.
   */
  readonly length?: number;
  /** More than this many bytes reject with {@link BodyTooLong}. */
  readonly maxBytes: number;
  /** Ends the wait for more bytes; rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** Looks at the sums before the blob is made durable; what it throws rejects the put, and nothing is kept. */
  readonly verify?: (sums: BodySums) => void;
}

/** Bytes `start` to `end` of a blob, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where bytes lie. An engine knows blobs by ids of its own making and nothing else: no bucket, no key. A blob is written once
 * and never changed, so readers need no locks; what is live is known by the catalog alone.
 */
export interface StorageEngine {
  /**
   * Streams a body into a new blob, holding a fixed number of bytes in memory. Once it resolves the blob survives a power
   * cut; when it rejects nothing is left behind.
   *
   * @throws {BodyInterrupted} the sender went away before the end
   * @throws {BodyTooLong} more than `maxBytes`
   * @throws {EngineFull} no space left
   * @throws {EngineUnavailable} what stores the bytes does not answer, or not now
   */
  put(body: Readable, options: PutOptions): Promise<StoredBlob>;
  /**
   * Opens a blob. The stream is never longer than the range; it ends early when the blob is shorter, and fails when what
   * stores it falls silent. Destroying it ends the reading.
   *
   * @throws {BlobMissing} there is no such blob
   * @throws {EngineUnavailable} what stores the bytes does not answer, or not now
   * @throws {TypeError} not an id of this engine
   */
  read(blob: string, range: ByteRange): Promise<Readable>;
  /** Bytes of a blob; `undefined` when there is none of that id. Rejects when that cannot be told now. */
  size(blob: string): Promise<number | undefined>;
  /** Removes a blob; one that is not there is no error. */
  delete(blob: string): Promise<void>;
  /**
   * Blobs that an earlier run of the server left; those of this engine object are not among them. A catalog has one
   * server at a time, so nobody else is about to record one. On the way, what earlier runs left unfinished is ended.
   */
  listEarlier(): AsyncIterable<string>;
  /** Bytes that can still be stored; `Infinity` where nothing bounds them. */
  freeBytes(): Promise<number>;
}

export class BodyInterrupted extends Error {
  override readonly name = 'BodyInterrupted';
}

export class BodyTooLong extends Error {
  override readonly name = 'BodyTooLong';
}

export class EngineFull extends Error {
  override readonly name = 'EngineFull';
}

/** The bytes that the catalog names are not there. */
export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}

/**
 * What stores the bytes does not answer, refuses the server's own credentials, or asks for patience. The same request may
 * succeed later. The message is for the operator; it names no secret.
 */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';
  /** Seconds after which another try is worth it. */
  readonly retryAfter: number;

  constructor(message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfter = options.retryAfter ?? 1;
  }
}
