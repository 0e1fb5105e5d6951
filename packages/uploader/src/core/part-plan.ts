import { localError } from './upload-error.js';

/** Smallest part but the last, in bytes; also the size below which a file is sent in one piece. Reference: oss 0.5. */
export const MIN_PART_SIZE = 102_400;
export const MAX_PARTS = 10_000;
/** 48.8 TB: 10 000 parts of 5 GB. */
export const MAX_FILE_SIZE = MAX_PARTS * 5 * 1024 ** 3;

const MIB = 1024 * 1024;
const SMALL_FILE = 64 * MIB;

export interface PartPlan {
  readonly size: number;
  readonly partSize: number;
  /** 1 for a file that goes in one piece, also for an empty one. */
  readonly count: number;
}

/** @throws UploadError `InvalidOption` when a fixed part size is not a whole number of at least 102 400 bytes */
export function checkPartSize(partSize: number | 'auto'): void {
  if (partSize === 'auto' || (Number.isSafeInteger(partSize) && partSize >= MIN_PART_SIZE)) return;
  throw localError('InvalidOption', `partSize must be a whole number of at least ${MIN_PART_SIZE} bytes.`);
}

/**
 * A fixed part size is kept unless the file would need more than 10 000 parts. `auto` takes 1 MiB up to files of
 * 64 MiB, where progress and resume profit from small parts, and 8 MiB above, which halves the CPU time of browsers.
 */
export function planParts(size: number, partSize: number | 'auto'): PartPlan {
  checkPartSize(partSize);
  if (size > MAX_FILE_SIZE) throw localError('FileTooLarge', `The file has ${size} bytes.`);
  const wanted = partSize === 'auto' ? (size <= SMALL_FILE ? MIB : 8 * MIB) : partSize;
  const chosen = Math.max(wanted, Math.ceil(size / MAX_PARTS));
  return { size, partSize: chosen, count: Math.max(1, Math.ceil(size / chosen)) };
}

/** One PutObject instead of a multipart upload. */
export const isSinglePut = (plan: PartPlan): boolean => plan.size < MIN_PART_SIZE || plan.count === 1;

/** Bytes `start` (included) to `end` (excluded) of part `number`, counted from 1. */
export function partRange(plan: PartPlan, number: number): { start: number; end: number; size: number } {
  const start = (number - 1) * plan.partSize;
  const end = Math.min(plan.size, start + plan.partSize);
  return { start, end, size: end - start };
}
