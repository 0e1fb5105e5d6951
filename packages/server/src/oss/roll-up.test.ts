import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareBytes } from './byte-order.js';
import { type KeyIndex, type Listing, rollUp, startOf } from './roll-up.js';

interface Row {
  readonly key: string;
}
interface Place {
  readonly key: string;
  readonly inclusive: boolean;
}

/** An index in memory that counts what is read. */
function indexOf(keys: readonly string[], prefix: string) {
  const sorted = [...new Set(keys)].filter((key) => key.startsWith(prefix)).sort(compareBytes);
  const counted = { reads: 0, rows: 0 };
  const index: KeyIndex<Row, Place> = {
    async read({ key, inclusive }, limit) {
      const rows = sorted
        .filter((one) => compareBytes(one, key) > (inclusive ? -1 : 0))
        .slice(0, limit)
        .map((one) => ({ key: one }));
      counted.reads++;
      counted.rows += rows.length;
      return rows;
    },
    keyOf: (row) => row.key,
    behind: (row) => ({ key: row.key, inclusive: false }),
    at: (key) => ({ key, inclusive: true }),
  };
  return { index, counted };
}

async function list(keys: readonly string[], listing: Listing, marker: string, max: number) {
  const { index, counted } = indexOf(keys, listing.prefix);
  const start = startOf(listing, marker, { at: index.at, behindMarker: { key: marker, inclusive: false } });
  const { entries, truncated } = await rollUp(index, listing, start, max);
  return { entries: entries.map((one) => (typeof one === 'string' ? one : one.key)), truncated, counted };
}

/** What the document says, without any cleverness. */
function expected(keys: readonly string[], { prefix, delimiter }: Listing, marker: string): string[] {
  const entries = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      return cut < 0 ? key : key.slice(0, cut + delimiter.length);
    });
  return [...new Set(entries)].filter((entry) => compareBytes(entry, marker) > 0).sort(compareBytes);
}

describe('a listing', () => {
  const piece = fc.constantFrom('a', 'b', '/', '//', '-', ' ', '视', '🎬', '\uffff', '\u{10ffff}');
  const key = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const few = fc.array(piece, { maxLength: 2 }).map((pieces) => pieces.join(''));

  it('is what a look at every key would give, page after page', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 60 }),
        few,
        few,
        fc.oneof(fc.constant(''), key),
        fc.integer({ min: 1, max: 8 }),
        async (keys, prefix, delimiter, marker, max) => {
          const listing = { prefix, delimiter };
          const all = expected(keys, listing, marker);
          const seen: string[] = [];
          let after = marker;
          for (let page = 0; page <= all.length; page++) {
            const { entries, truncated } = await list(keys, listing, after, max);
            seen.push(...entries);
            expect(truncated).toBe(seen.length < all.length);
            if (!truncated) break;
            expect(entries).toHaveLength(max);
            after = entries.at(-1) ?? '';
          }
          expect(seen).toEqual(all);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not read what is rolled up', async () => {
    const keys = Array.from({ length: 5000 }, (_, i) => `${i % 5}/${i}`);
    const { entries, counted } = await list(keys, { prefix: '', delimiter: '/' }, '', 100);
    expect(entries).toEqual(['0/', '1/', '2/', '3/', '4/']);
    expect(counted.rows).toBeLessThan(150);
    expect(counted.reads).toBeLessThan(10);
  });

  it('reads plain keys in few steps although a delimiter is asked for', async () => {
    const keys = Array.from({ length: 3000 }, (_, i) => `key-${i}`);
    const { entries, truncated, counted } = await list(keys, { prefix: '', delimiter: '/' }, '', 1000);
    expect([entries.length, truncated]).toEqual([1000, true]);
    expect(counted.reads).toBeLessThan(6);
    expect(counted.rows).toBeLessThan(1100);
  });

  it('ends behind the last character there is', async () => {
    const last = '\u{10ffff}';
    const { entries } = await list([`${last}a`, `${last}b`], { prefix: '', delimiter: last }, '', 10);
    expect(entries).toEqual([last]);
  });
});
