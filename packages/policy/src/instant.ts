/** Instants of the `Date…` operators. Reference ram-sts 3.3, 3.7 case 29. */

const DATE = /^(\d{4}-\d{2}-(\d{2}))(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * ISO 8601 as milliseconds since the epoch; `undefined` when malformed or impossible (30 February).
 * A time needs its zone (`Z` or `+08:00`): without one it would mean another instant on every machine. A date alone is
 * its first instant in UTC.
 */
export function parseInstant(text: string): number | undefined {
  const m = DATE.exec(text);
  if (!m) return undefined;
  // Date.parse rolls impossible days over, so the day alone has to survive the round trip.
  const day = Date.parse(`${m[1]}T00:00:00Z`);
  if (Number.isNaN(day) || new Date(day).getUTCDate() !== Number(m[2])) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
