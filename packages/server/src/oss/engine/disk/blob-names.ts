import { join } from 'node:path';
import type { Random } from '../../../runtime.js';

/** 4 shelf digits, 8 of the run, 20 of chance. Only ids of this form ever become a path. */
const BLOB = /^([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{28})$/;
const BLOBS_PER_SHELF = 1024;

const hex = (random: Random, bytes: number): string => Buffer.from(random.bytes(bytes)).toString('hex');

/**
 * Makes blob ids. Consecutive blobs share a shelf (a directory two levels down) until it holds about a thousand: directories
 * stay small, few are made, and one directory sync serves the parts that arrive together. The run's digits tell the blobs of
 * this server process from those of earlier ones without asking a clock.
 */
export class BlobNames {
  readonly #random: Random;
  readonly #run: string;
  #shelf: string;
  #used = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#run = hex(random, 4);
    this.#shelf = hex(random, 2);
  }

  next(): string {
    if (this.#used++ >= BLOBS_PER_SHELF) {
      this.#shelf = hex(this.#random, 2);
      this.#used = 1;
    }
    return `${this.#shelf}${this.#run}${hex(this.#random, 10)}`;
  }

  isOfThisRun(blob: string): boolean {
    return blob.slice(4, 12) === this.#run;
  }
}

export interface BlobPath {
  /** First-level directory, second-level directory, file. */
  readonly outer: string;
  readonly shelf: string;
  readonly file: string;
}

/** `undefined` when the text is not a blob id. */
export function blobPath(root: string, blob: string): BlobPath | undefined {
  const m = BLOB.exec(blob);
  if (!m) return undefined;
  const [, a, b, rest] = m as unknown as readonly [string, string, string, string];
  const outer = join(root, a);
  const shelf = join(outer, b);
  return { outer, shelf, file: join(shelf, rest) };
}
