/** Where the parts of a file lie. */
import { localError } from './upload-error.js';

/** Smallest part but the last, in bytes; also the size below which a file is sent in one piece. Reference: oss 0.5. */
export const MIN_PART_SIZE = 102_400;
export const MAX_PARTS = 10_000;
/** 48.8 TB: 10 000 parts of 5 GB. */
export const MAX_FILE_SIZE = MAX_PARTS * 5 * 1024 ** 3;

export const MIB = 1024 * 1024;
const SMALLEST_UNIT = MIB / 4;

/**
 * A grid of units. A part begins at `(number − 1) × unit` and is a whole number of units long, but the last one of the
 * file. So the number and the size of a stored part tell where it belongs, whatever sizes were chosen for the others:
 * part sizes may change on the way, and another device can go on. Part numbers need not be contiguous (oss 1.13).
 */
export interface Layout {
  /** Bytes; `undefined` for a stream. Its parts are numbered one after the other. */
  readonly size: number | undefined;
  readonly unit: number;
}

/** What a part covers: bytes `start` (included) to `end` (excluded). */
export interface PartRange {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** @throws UploadError `InvalidOption` when a fixed part size is not a whole number of at least 102 400 bytes */
export function checkPartSize(partSize: number | 'auto'): void {
  if (partSize === 'auto' || (Number.isSafeInteger(partSize) && partSize >= MIN_PART_SIZE)) return;
  throw localError('InvalidOption', `partSize must be a whole number of at least ${MIN_PART_SIZE} bytes.`);
}

/** A fixed part size is the unit, unless the file would need more than 10 000 parts. */
export function layOut(size: number | undefined, partSize: number | 'auto'): Layout {
  checkPartSize(partSize);
  if (size === undefined) return { size, unit: partSize === 'auto' ? MIB : partSize };
  if (size > MAX_FILE_SIZE) throw localError('FileTooLarge', `The file has ${size} bytes.`);
  const least = Math.ceil(size / MAX_PARTS);
  if (partSize !== 'auto') return { size, unit: Math.max(partSize, least) };
  let unit = SMALLEST_UNIT;
  while (unit < least) unit *= 2;
  return { size, unit };
}

/** One PutObject instead of a multipart upload. */
export const isSinglePut = (size: number, partSize: number | 'auto'): boolean =>
  size < MIN_PART_SIZE || size <= (partSize === 'auto' ? MIB : partSize);

/** The range a stored part covers; `undefined` when it does not lie on the grid. */
export function rangeOf({ size, unit }: Layout, number: number, length: number): PartRange | undefined {
  const start = (number - 1) * unit;
  const end = start + length;
  const fits = Number.isInteger(number) && number >= 1 && length > 0 && end <= (size ?? 0);
  return fits && (length % unit === 0 || end === size) ? { number, start, end } : undefined;
}

/** What of a file has not been sent, handed out piece by piece from the front. */
export class Gaps {
  readonly #layout: Layout;
  readonly #free: { start: number; end: number }[] = [];

  /** @param held ranges that need not be sent, ascending and disjoint */
  constructor(layout: Layout, held: Iterable<PartRange>) {
    this.#layout = layout;
    let at = 0;
    for (const { start, end } of held) {
      if (start > at) this.#free.push({ start: at, end: start });
      at = end;
    }
    const size = layout.size ?? 0;
    if (size > at) this.#free.push({ start: at, end: size });
  }

  /** Bytes that nobody has taken. */
  get left(): number {
    return this.#free.reduce((sum, { start, end }) => sum + end - start, 0);
  }

  /** Up to `wanted` bytes, rounded to the grid; `undefined` when everything is taken. */
  take(wanted: number): PartRange | undefined {
    const gap = this.#free[0];
    if (!gap) return undefined;
    const { unit } = this.#layout;
    const { start } = gap;
    const end = Math.min(gap.end, start + Math.max(1, Math.round(wanted / unit)) * unit);
    gap.start = end;
    if (end === gap.end) this.#free.shift();
    return { number: start / unit + 1, start, end };
  }

  /** Puts a range back: it has to be sent again. */
  give({ start, end }: PartRange): void {
    this.#free.unshift({ start, end });
  }
}
