import type { Random } from '../../../runtime.js';

/** 2 digits that spread the keys, 10 of the run, 20 of chance. The letter keeps ids apart from those of other engines. */
const BLOB = /^s[0-9a-f]{2}([0-9a-f]{10})[0-9a-f]{20}$/;

/** Blobs have a folder of their own under the prefix: the marker of the store lies beside it. */
const FOLDER = 'blobs/';

/**
 * Makes blob ids, and object keys of them. The first digits are chance, because stores split their index by the beginnings
 * of keys; the run's digits tell blobs of this server process from those of any other.
 */
export class BlobKeys {
  readonly #random: Random;
  readonly #run: string;
  /** All keys of blobs begin with it. */
  readonly folder: string;

  constructor(prefix: string, random: Random) {
    this.#random = random;
    this.#run = hex(random, 5);
    this.folder = `${prefix}${FOLDER}`;
  }

  next(): string {
    return `s${hex(this.#random, 1)}${this.#run}${hex(this.#random, 10)}`;
  }

  /** @throws {TypeError} not an id of this engine */
  keyOf(blob: string): string {
    if (!BLOB.test(blob)) throw new TypeError('not a blob id of the S3 engine');
    return `${this.folder}${blob}`;
  }

  /** The blob of a key; `undefined` when it is none that another run made. */
  earlierBlob(key: string): string | undefined {
    if (!key.startsWith(this.folder)) return undefined;
    const blob = key.slice(this.folder.length);
    const run = BLOB.exec(blob)?.[1];
    return run === undefined || run === this.#run ? undefined : blob;
  }
}

function hex(random: Random, bytes: number): string {
  return Buffer.from(random.bytes(bytes)).toString('hex');
}
