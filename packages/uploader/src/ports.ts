/**
 * The ports of the uploader: everything it needs of the platform it runs on. Adapters live in `browser/` and `node/`.
 */
import type { AsyncDigests } from '@sluice/wire';
import type { UploaderOptions } from './api.js';
import type { Extras } from './core/load.js';
import type { CheckOptions } from './doctor/check-context.js';
import type { CheckReport } from './doctor/finding.js';

/** Time, and timers. A port, so that a test can move it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, of this machine. The server's clock is measured and corrected for. */
  now(): number;
  /** Calls `run` once after `ms`; the answer cancels it. */
  setTimeout(run: () => void, ms: number): () => void;
}

/** A number in [0, 1): jitter and nonces. Not used for secrets. */
export type Random = () => number;

/** Bytes that are read while they are sent, and read again when they are sent again. */
export interface ByteRange {
  /** Bytes. */
  readonly size: number;
  /** A new reading from the beginning. A chunk is valid until the next one is asked for. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** What is sent. In browsers a part is always a `Blob`: a buffer costs Chromium a copy through its IPC channel. */
export type HttpBody = string | Uint8Array | Blob | ByteRange;

/** One request of {@link HttpStack}. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** Lower-case names. Never `host`, `date` or `content-length`: the stack sets those itself. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: HttpBody | undefined;
  /** Stops the exchange; {@link HttpStack.send} then rejects with anything. */
  readonly signal: AbortSignal;
  /** To be called whenever bytes move in either direction: it feeds the stall watchdog. */
  readonly onActivity: () => void;
  /**
   * Bytes of the body that left this machine so far. When absent a browser must not listen to upload events at all:
   * listening turns a simple cross-origin request into one with a preflight.
   */
  readonly onUploadProgress?: ((sent: number) => void) | undefined;
}

/** An answer, read to its end. */
export interface HttpResponse {
  readonly status: number;
  /** By lower-case name; `undefined` when absent or hidden by CORS. */
  header(name: string): string | undefined;
  readonly body: string;
  /** The body as the browser read it, if it is XML: a page that demands Trusted Types may not have a text parsed. */
  readonly document?: unknown;
}

/** Sends requests; a port, so that a platform or a test brings its own. */
export interface HttpStack {
  /** Resolves for every answer, whatever its status; rejects when there was none. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Lets go of idle connections. */
  close?(): void;
}

/** One range of a file, ready to be sent. */
export interface FilePart {
  readonly body: Uint8Array | Blob | ByteRange;
  /**
   * CRC-64 of the bytes. A platform may compute it at the same time (browsers: a worker, from a second read of the slice)
   * or while the body is read to be sent; then it settles when that is done. Rejects with `FileUnreadable`.
   */
  readonly crc64: Promise<bigint>;
  /** The part is not needed any more: its memory may be used again. */
  release?(): void;
}

/** A file or stream that is open for reading. */
export interface FileSource {
  readonly name: string;
  /** Bytes; `undefined` for a stream, whose length is known when it ends. */
  readonly size: number | undefined;
  /** Milliseconds since the Unix epoch; 0 when unknown. */
  readonly lastModified: number;
  /** MIME type; empty when unknown. */
  readonly type: string;
  /** What {@link Platform.reopen} needs to open it again, e.g. a path or a file handle; must be structured-cloneable. */
  readonly handle?: unknown;
  /** Bytes `start` (included) to `end` (excluded). Rejects with `FileUnreadable` or `FileChanged`. */
  slice(start: number, end: number): Promise<FilePart>;
  /** CRC-64 of a range that is not sent. */
  crc64(start: number, end: number): Promise<bigint>;
  /** Streams only (`size` is `undefined`): up to `length` bytes that follow; fewer only at the end, then 0. */
  read?(length: number): Promise<Uint8Array>;
  /** Streams only: nothing more will be read; whoever makes the bytes may stop. */
  cancel?(): void;
  /** Rejects with `FileChanged` when size or time of change are no longer those of this source. */
  check(): Promise<void>;
  close?(): Promise<void>;
}

/** CRC-64/XZ of bytes. A port, so that a worker or WebAssembly can do it off the main thread. */
export interface PartHasher {
  crc64(body: Uint8Array | Blob): Promise<bigint>;
  close?(): void;
}

/** One element of an XML answer. */
export interface XmlNode {
  readonly name: string;
  /** Text of the first child of that name; `undefined` when there is none. */
  child(name: string): string | undefined;
  children(name: string): XmlNode[];
}

/**
 * The root element; `undefined` when the text is not XML.
 * @param document {@link HttpResponse.document} of the same text
 */
export type XmlReader = (text: string, document?: unknown) => XmlNode | undefined;

/** What is remembered of an unfinished multipart upload. Holds no credential. */
export interface Checkpoint {
  readonly version: 2;
  /** Name of the record: the file (name, size, time of change, samples of its content) and the account. */
  readonly fingerprint: string;
  /** Size and samples of the content alone: the same on every device. */
  readonly sample: string;
  readonly account: string;
  readonly fileName: string;
  readonly size: number;
  readonly lastModified: number;
  /**
   * Bytes. A part begins at `(number − 1) × unit` and is a whole number of units long, but the last: number and size of
   * a part tell where it belongs, whatever sizes were chosen for the others.
   */
  readonly unit: number;
  readonly videoId: string;
  readonly bucket: string;
  readonly key: string;
  /** Data-plane endpoint. */
  readonly endpoint: string;
  readonly uploadId: string;
  /** Acknowledged parts; the CRC as decimal text. The server's own list has the last word. */
  readonly parts: readonly (readonly [number: number, size: number, etag: string, crc64: string])[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** {@link FileSource.handle}; stores of text keep it only when it is text. */
  readonly handle?: unknown;
}

/**
 * Where unfinished uploads are remembered. A store that fails, or gives no answer for 10 s, never fails an upload: a
 * `warning` event tells.
 */
export interface CheckpointStore {
  /** The record of that {@link Checkpoint.fingerprint}. */
  get(fingerprint: string): Promise<Checkpoint | undefined>;
  set(checkpoint: Checkpoint): Promise<void>;
  delete(fingerprint: string): Promise<void>;
  /** Every record, in any order. */
  list(): Promise<readonly Checkpoint[]>;
}

/** Whether this device has a connection at all. */
export interface Network {
  online(): boolean;
  /** Calls `run` whenever that may have changed, also after sleep; the answer stops it. */
  onChange(run: () => void): () => void;
}

/** Other tabs (or processes) of the same user on this device. */
export interface Tabs {
  /**
   * Runs `work` while no other tab holds `name`.
   * @param waiting called once if somebody else holds it
   * @throws whatever `work` throws; rejects when `signal` aborts while waiting
   */
  exclusive<T>(name: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T>;
  /** Until what other tabs told before now has been heard. */
  settle(): Promise<void>;
  /** Tells every other tab. */
  tell(name: string, message: unknown): void;
  /** Hears what other tabs tell; the answer stops listening. */
  listen(name: string, heard: (message: unknown) => void): () => void;
}

/** What the core needs of a platform to talk to servers. */
export interface Environment {
  readonly http: HttpStack;
  readonly clock: Clock;
  readonly random: Random;
  readonly digests: AsyncDigests;
  readonly readXml: XmlReader;
  /** Absent: always online. */
  readonly network?: Network | undefined;
  /** Absent: alone. */
  readonly tabs?: Tabs | undefined;
  /** Loads what few uploads need; absent: this uploader was composed without. */
  readonly extras?: (() => Promise<Extras>) | undefined;
  /** What to do about an error of that code; one sentence. */
  advice?(code: string): string | undefined;
  /** Where an exception of a listener goes: it must be seen, and must not break an upload. */
  reportError(error: unknown): void;
}

/** An environment, and what it can upload. `File` is what the caller hands in. */
export interface Platform<File> extends Environment {
  readonly hasher: PartHasher;
  /** Most parts in flight that make sense here. */
  readonly maxParallel: number;
  open(file: File, overrides: SourceOverrides, hasher: PartHasher): Promise<FileSource>;
  /** Bytes, when they can be told at once. */
  sizeOf?(file: File): number | undefined;
  /** Opens what {@link FileSource.handle} described; may ask the user. */
  reopen?(handle: unknown): Promise<File>;
  /** The doctor of this platform; loaded when it is called. */
  checkUpload?(options: UploaderOptions<File>, check: CheckOptions | undefined): Promise<CheckReport>;
  /** `undefined` where nothing can be remembered. */
  checkpoints(): CheckpointStore | undefined;
}

/** What the caller says of a file, in place of what the file says. */
export interface SourceOverrides {
  readonly fileName?: string | undefined;
  readonly contentType?: string | undefined;
}
