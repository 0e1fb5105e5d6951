import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallTail } from './append-extents.js';

const MIB = 1024 ** 2;

/** Sizes of the blobs after appends of these sizes, and the bytes that were written again. */
function grow(appends: readonly number[]): { sizes: readonly number[]; rewritten: number; most: number } {
  let sizes: number[] = [];
  let rewritten = 0;
  let most = 0;
  for (const size of appends) {
    const extents = sizes.map((length, i) => [String(i), length] as const);
    const count = smallTail(extents, size);
    const tail = sizes.slice(sizes.length - count).reduce((sum, length) => sum + length, 0);
    if (count > 0) sizes = [...sizes.slice(0, sizes.length - count), tail];
    rewritten += count > 0 ? tail : 0;
    most = Math.max(most, count > 0 ? tail : 0);
    sizes.push(size);
  }
  return { sizes, rewritten, most };
}

describe('smallTail', () => {
  it('keeps the blobs few, and what is written again small, whatever the appends are', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: MIB }), fc.constant(9 * MIB));
    fc.assert(
      fc.property(fc.array(size, { minLength: 1, maxLength: 600 }), (appends) => {
        const { sizes, most } = grow(appends);
        const total = appends.reduce((sum, one) => sum + one, 0);
        expect(sizes.reduce((sum, one) => sum + one, 0)).toBe(total);
        expect(sizes.length).toBeLessThanOrEqual(2 * (total / (8 * MIB)) + 66);
        expect(most).toBeLessThan(16 * MIB);
      }),
    );
  });

  it('writes appends of 1 MiB twice, and large ones once', () => {
    const mebi = grow(Array.from({ length: 1000 }, () => MIB));
    expect(mebi.rewritten).toBeLessThanOrEqual(1000 * MIB);
    expect(grow(Array.from({ length: 100 }, () => 8 * MIB)).rewritten).toBe(0);
  });
});
