export interface MissingPart {
  readonly number: number;
  /** Bytes. */
  readonly start: number;
  readonly end: number;
}

/**
 * What is not stored yet, as parts of at most `partSize` bytes. A part begins at (number − 1) × unit and
 * is a whole number of units long, but the last: that is how a part tells where it belongs.
 */
export function missingParts(
  { size, unit }: { readonly size: number; readonly unit: number },
  storedParts: Iterable<{ readonly number: number; readonly size: number }>,
  partSize: number,
): MissingPart[] {
  const units = Math.ceil(size / unit);
  const stored = new Set<number>();
  for (const part of storedParts) {
    for (let i = 0; i < Math.ceil(part.size / unit); i++) stored.add(part.number - 1 + i);
  }
  const most = Math.max(1, Math.floor(partSize / unit));
  const parts: MissingPart[] = [];
  for (let at = 0; at < units; ) {
    let next = at;
    while (next < units && next - at < most && !stored.has(next)) next++;
    if (next > at) parts.push({ number: at + 1, start: at * unit, end: Math.min(size, next * unit) });
    at = Math.max(next, at + 1);
  }
  return parts;
}
