import type { Extent } from './catalog/manifest.js';

/** Blobs at the end of an object that are smaller than this are put together, sooner or later. */
const SMALL_BYTES = 8 * 1024 ** 2;
const MAX_SMALL = 64;

/**
 * How many blobs at the end of an object are to become one before the next `size` bytes are appended; 0 for none.
 *
 * What is read and written again is bounded (at most 16 MiB at a time, and once in 64 appends unless appends are large),
 * and so is the number of blobs: two neighbours are either larger than 8 MiB together, or among the last 64. An object of
 * 5 GB has at most some 1 400, whatever the appends were.
 */
export function smallTail(extents: readonly Extent[], size: number): number {
  let count = 0;
  let bytes = 0;
  for (let i = extents.length - 1; i >= 0; i--) {
    const length = (extents[i] as Extent)[1];
    if (length >= SMALL_BYTES) break;
    count++;
    bytes += length;
  }
  const due = count >= MAX_SMALL - 1 || bytes >= SMALL_BYTES || size >= SMALL_BYTES;
  return count > 1 && due ? count : 0;
}
