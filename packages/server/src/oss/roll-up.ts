import { afterPrefix, compareBytes } from './byte-order.js';

/** Rows in the order of their keys' bytes; several rows may have one key. */
export interface KeyIndex<Row, Place> {
  /** At most `limit` rows with the prefix of the listing, from the place on. */
  read(from: Place, limit: number): Promise<readonly Row[]>;
  keyOf(row: Row): string;
  /** Right behind a row. */
  behind(row: Row): Place;
  /** Before every row whose key is `key` or later. */
  at(key: string): Place;
}

/** What a listing is narrowed to. Empty texts narrow nothing. */
export interface Listing {
  readonly prefix: string;
  /** Keys that have it behind the prefix are rolled up into one entry. */
  readonly delimiter: string;
}

export interface RolledUp<Row> {
  /** In byte order. A text is a common prefix. */
  readonly entries: readonly (Row | string)[];
  readonly truncated: boolean;
}

/**
 * Where a listing begins: right behind `marker`, which is a key or a common prefix of an earlier page.
 * A marker inside a common prefix is behind that prefix, so that no page repeats one.
 * @param behindMarker what comes right behind the marker when it is a key
 * @returns `undefined` when nothing can follow
 */
export function startOf<Place>(
  { prefix, delimiter }: Listing,
  marker: string,
  { at, behindMarker }: { at(key: string): Place; behindMarker: Place },
): Place | undefined {
  if (marker === '' || (!marker.startsWith(prefix) && compareBytes(marker, prefix) < 0)) return at(prefix);
  if (!marker.startsWith(prefix)) return undefined;
  const common = commonPrefix(marker, { prefix, delimiter });
  if (common === undefined) return behindMarker;
  const next = afterPrefix(common);
  return next === undefined ? undefined : at(next);
}

/** The part of a key up to the first delimiter behind the prefix; `undefined` when there is none. */
function commonPrefix(key: string, { prefix, delimiter }: Listing): string | undefined {
  if (delimiter === '') return undefined;
  const found = key.indexOf(delimiter, prefix.length);
  return found < 0 ? undefined : key.slice(0, found + delimiter.length);
}

/** Rows read at once while nearly all of them are rolled up. */
const FEWEST = 4;
const FIRST = 64;
/** Other requests are let in after so many reads: a database in this process answers within one turn of the event loop. */
const READS_AT_ONCE = 64;

/**
 * One page of at most `max` entries. What is rolled up is not read: the next read begins behind the common prefix, so that
 * a million keys below one prefix cost what one does. How much is read at once follows how much of it was of use.
 */
export async function rollUp<Row extends object, Place>(
  index: KeyIndex<Row, Place>,
  listing: Listing,
  start: Place | undefined,
  max: number,
): Promise<RolledUp<Row>> {
  const entries: (Row | string)[] = [];
  let place = start;
  let limit = listing.delimiter === '' ? max + 1 : Math.min(max + 1, FIRST);
  for (let reads = 1; place !== undefined; reads++) {
    const before = entries.length;
    const rows = await index.read(place, limit);
    let common: string | undefined;
    for (const row of rows) {
      const key = index.keyOf(row);
      if (common !== undefined && key.startsWith(common)) continue;
      if (entries.length === max) return { entries, truncated: true };
      common = commonPrefix(key, listing);
      entries.push(common ?? row);
    }
    const last = rows.at(-1);
    if (!last || rows.length < limit) break;
    const next = common === undefined ? undefined : afterPrefix(common);
    if (common === undefined) place = index.behind(last);
    else place = next === undefined ? undefined : index.at(next);
    const useful = (entries.length - before) * 2 > rows.length;
    const wanted = max + 1 - entries.length;
    limit = useful ? Math.max(1, Math.min(limit * 4, wanted)) : Math.min(Math.max(FEWEST, limit >> 2), wanted);
    if (reads % READS_AT_ONCE === 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return { entries, truncated: false };
}
