/**
 * The ports of the uploader: everything it needs of the platform it runs on. Adapters live in `browser/` and `node/`.
 */
import type { Digests } from '@sluice/wire';

export interface Clock {
  /** Milliseconds since the Unix epoch, of this machine. The server's clock is measured and corrected for. */
  now(): number;
  /** Calls `run` once after `ms`; the answer cancels it. */
  setTimeout(run: () => void, ms: number): () => void;
}

/** A number in [0, 1): jitter and nonces. Not used for secrets. */
export type Random = () => number;

/** What is sent. In browsers a part is always a `Blob`: a buffer costs Chromium a copy through its IPC channel. */
export type HttpBody = string | Uint8Array | Blob;

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

export interface HttpResponse {
  readonly status: number;
  /** By lower-case name; `undefined` when absent or hidden by CORS. */
  header(name: string): string | undefined;
  readonly body: string;
}

export interface HttpStack {
  /** Resolves for every answer, whatever its status; rejects when there was none. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Lets go of idle connections. */
  close?(): void;
}

/** One range of a file, ready to be sent. */
export interface FilePart {
  readonly body: Uint8Array | Blob;
  /** The body is sent and hashed; its memory may be used again. */
  release?(): void;
}

export interface FileSource {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch; 0 when unknown. */
  readonly lastModified: number;
  /** MIME type; empty when unknown. */
  readonly type: string;
  /** Bytes `start` (included) to `end` (excluded). Rejects with `FileUnreadable` or `FileChanged`. */
  slice(start: number, end: number): Promise<FilePart>;
  /** Rejects with `FileChanged` when size or time of change are no longer those of this source. */
  check(): Promise<void>;
  close?(): Promise<void>;
}

/** CRC-64/XZ of one part. A port, so that a worker or WebAssembly can do it off the main thread. */
export interface PartHasher {
  crc64(body: Uint8Array | Blob): Promise<bigint>;
}

/** One element of an XML answer. */
export interface XmlNode {
  readonly name: string;
  /** Text of the first child of that name; `undefined` when there is none. */
  child(name: string): string | undefined;
  children(name: string): XmlNode[];
}

/** The root element; `undefined` when the text is not XML. */
export type XmlReader = (text: string) => XmlNode | undefined;

/** What is remembered of an unfinished multipart upload. Holds no credential. */
export interface Checkpoint {
  readonly version: 1;
  readonly fingerprint: string;
  readonly fileName: string;
  readonly size: number;
  readonly lastModified: number;
  /** Bytes. Belongs to the upload: going on with another size would splice. */
  readonly partSize: number;
  readonly videoId: string;
  readonly bucket: string;
  readonly key: string;
  /** Data-plane endpoint. */
  readonly endpoint: string;
  readonly uploadId: string;
  /** Acknowledged parts; the CRC as decimal text. The server's own list has the last word. */
  readonly parts?: readonly (readonly [number: number, etag: string, crc64: string])[] | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** Where unfinished uploads are remembered. A store that fails never fails an upload: a `warning` event tells. */
export interface CheckpointStore {
  get(fingerprint: string): Promise<Checkpoint | undefined>;
  set(checkpoint: Checkpoint): Promise<void>;
  delete(fingerprint: string): Promise<void>;
  list(): Promise<readonly Checkpoint[]>;
}

export interface Environment {
  readonly http: HttpStack;
  readonly clock: Clock;
  readonly random: Random;
  readonly digests: Digests;
  readonly hasher: PartHasher;
  readonly readXml: XmlReader;
  /** Where an exception of a listener goes: it must be seen, and must not break an upload. */
  reportError(error: unknown): void;
}

/** An environment, and what it can upload. `File` is what the caller hands in. */
export interface Platform<File> extends Environment {
  open(file: File, overrides: SourceOverrides): Promise<FileSource>;
  /** `undefined` where nothing can be remembered. */
  checkpoints(): CheckpointStore | undefined;
}

export interface SourceOverrides {
  readonly fileName?: string | undefined;
  readonly contentType?: string | undefined;
}
