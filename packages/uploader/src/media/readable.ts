/** Ranges of a file, counted and limited. */

export interface Readable {
  /** Bytes. */
  readonly size: number;
  /** Empty when unknown. */
  readonly name: string;
  /** MIME type; empty when unknown. */
  readonly type: string;
  /** Bytes `start` (included) to `end` (excluded). */
  read(start: number, end: number): Promise<Uint8Array>;
}

export function blobReadable(blob: Blob): Readable {
  return {
    size: blob.size,
    name: 'name' in blob && typeof blob.name === 'string' ? blob.name : '',
    type: blob.type,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

/** Reads until the limit, then never again. */
export class Meter {
  readonly #readable: Readable;
  readonly #limit: number;
  #bytes = 0;
  #exceeded = false;

  constructor(readable: Readable, limit: number) {
    this.#readable = readable;
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether more was asked for than is allowed. */
  get exceeded(): boolean {
    return this.#exceeded;
  }

  get size(): number {
    return this.#readable.size;
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    if (this.#bytes + (end - start) > this.#limit) {
      this.#exceeded = true;
      throw new RangeError(`More than ${this.#limit} bytes`);
    }
    this.#bytes += end - start;
    return this.#readable.read(start, end);
  }
}
