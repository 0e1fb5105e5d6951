/** How much of a file went over the line more than once. */
import type { SentPart } from './counting-proxy.js';

/** A range of the file that a request carried (as far as it came). */
interface Carried {
  readonly start: number;
  readonly end: number;
}

/**
 * A part begins at `(number − 1) × unit`; all parts of an upload have the same unit, and a part is some whole number of
 * units long. So a part and the one that follows it tell what the unit is; where one is missing between them (stored, but the
 * answer was cut off) it comes out too small.
 * @param stored parts the server has
 */
function unitOf(stored: readonly SentPart[]): number {
  const sorted = [...stored].sort((a, b) => a.number - b.number);
  const told = sorted.slice(0, -1).map(({ number, size }, i) => size / ((sorted[i + 1]?.number ?? 0) - number));
  return Math.max(1, ...told.filter(Number.isFinite));
}

const isStored = ({ status }: SentPart): boolean => status === 200;

/** Bytes of the file that lie in more than one of the ranges, counted as often as they came again. */
function overlap(ranges: readonly Carried[]): number {
  const sorted = [...ranges].sort((a, b) => a.start - b.start);
  let twice = 0;
  let reached = 0;
  for (const { start, end } of sorted) {
    // Whatever lies below what was reached has come already.
    twice += Math.max(0, Math.min(end, reached) - start);
    reached = Math.max(reached, end);
  }
  return twice;
}

export interface SentTwice {
  /** Bytes that arrived again. */
  readonly bytes: number;
  /** Parts of which bytes arrived that were stored when they began. */
  readonly storedAgain: readonly SentPart[];
  /** Requests that came to nothing. */
  readonly cut: readonly SentPart[];
}

/** @param parts all requests of one file, under however many upload ids */
export function sentTwice(parts: readonly SentPart[]): SentTwice {
  const ids = [...new Set(parts.map(({ uploadId }) => uploadId))];
  const units = new Map(ids.map((id) => [id, unitOf(parts.filter((part) => part.uploadId === id && isStored(part)))]));
  const rangeOf = (part: SentPart, length: number): Carried => {
    const start = (part.number - 1) * (units.get(part.uploadId) ?? 1);
    return { start, end: start + length };
  };
  const carried = parts.map((part) => rangeOf(part, part.arrived));
  const storedBefore = (part: SentPart) =>
    parts.filter((other) => isStored(other) && other.ended < part.begun).map((other) => rangeOf(other, other.size));
  const storedAgain = parts.filter((part, i) => {
    const own = carried[i] as Carried;
    return storedBefore(part).some(({ start, end }) => start < own.end && own.start < end);
  });
  return { bytes: overlap(carried), storedAgain, cut: parts.filter((part) => !isStored(part)) };
}
