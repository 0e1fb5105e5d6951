import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Gaps, isSinglePut, layOut, MAX_FILE_SIZE, MAX_PARTS, MIB, rangeOf } from './layout.js';

describe('layOut', () => {
  it('never needs more than 10 000 part numbers', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: MAX_FILE_SIZE, noNaN: true }), (approximate) => {
        const size = Math.floor(approximate);
        const { unit } = layOut(size, 'auto');
        expect(Math.ceil(size / unit)).toBeLessThanOrEqual(MAX_PARTS);
      }),
    );
  });

  it('keeps a fixed part size, unless there would be too many parts', () => {
    expect(layOut(5 * MIB, 1_000_000).unit).toBe(1_000_000);
    expect(layOut(10_000 * MIB + 1, MIB).unit).toBe(MIB + 1);
  });

  it('refuses part sizes that the store refuses, and files that no store takes', () => {
    for (const partSize of [102_399, 0, -1, 1.5e6 + 0.5, Number.NaN]) {
      expect(() => layOut(1, partSize)).toThrow(/partSize must be/);
    }
    expect(() => layOut(MAX_FILE_SIZE + 1, 'auto')).toThrow(expect.objectContaining({ code: 'FileTooLarge' }));
  });

  it('sends small files in one piece', () => {
    expect(isSinglePut(0, 'auto')).toBe(true);
    expect(isSinglePut(MIB, 'auto')).toBe(true);
    expect(isSinglePut(MIB + 1, 'auto')).toBe(false);
    expect(isSinglePut(102_399, 102_400)).toBe(true);
    expect(isSinglePut(102_401, 102_400)).toBe(false);
  });
});

describe('rangeOf', () => {
  const layout = { size: 1000, unit: 100 };

  it('tells from number and size where a part lies', () => {
    expect(rangeOf(layout, 1, 100)).toEqual({ number: 1, start: 0, end: 100 });
    expect(rangeOf(layout, 4, 300)).toEqual({ number: 4, start: 300, end: 600 });
    expect(rangeOf({ size: 950, unit: 100 }, 10, 50)).toEqual({ number: 10, start: 900, end: 950 });
  });

  it('knows what does not lie on the grid', () => {
    expect(rangeOf(layout, 1, 150)).toBeUndefined();
    expect(rangeOf(layout, 10, 200)).toBeUndefined();
    expect(rangeOf(layout, 0, 100)).toBeUndefined();
    expect(rangeOf(layout, 1.5, 100)).toBeUndefined();
    expect(rangeOf(layout, 1, 0)).toBeUndefined();
  });
});

describe('Gaps', () => {
  it('hands out every missing byte once, on the grid, whatever sizes are asked for', () => {
    const cases = fc.record({
      size: fc.integer({ min: 1, max: 5000 }),
      unit: fc.integer({ min: 1, max: 300 }),
      held: fc.array(fc.boolean(), { maxLength: 60 }),
      wanted: fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(cases, ({ size, unit, held, wanted }) => {
        const layout = { size, unit };
        const ranges = held.flatMap((kept, i) => {
          const length = Math.min(unit, size - i * unit);
          const range = kept && length > 0 ? rangeOf(layout, i + 1, length) : undefined;
          return range ? [range] : [];
        });
        const gaps = new Gaps(layout, ranges);
        const bytes = new Uint8Array(size);
        for (const { start, end } of ranges) bytes.fill(1, start, end);
        const expected = bytes.filter((byte) => byte === 0).length;
        expect(gaps.left).toBe(expected);
        for (let i = 0; ; i++) {
          const range = gaps.take(wanted[i % wanted.length] as number);
          if (!range) break;
          expect(rangeOf(layout, range.number, range.end - range.start)).toEqual(range);
          for (let at = range.start; at < range.end; at++) bytes[at] = (bytes[at] as number) + 1;
        }
        expect(bytes.every((byte) => byte === 1)).toBe(true);
        expect(gaps.left).toBe(0);
      }),
    );
  });

  it('takes back what has to be sent again', () => {
    const gaps = new Gaps({ size: 300, unit: 100 }, []);
    const first = gaps.take(200);
    if (first) gaps.give(first);
    expect(gaps.left).toBe(300);
    expect(gaps.take(100)?.number).toBe(1);
    expect(gaps.take(500)?.number).toBe(2);
    expect(gaps.take(500)?.number).toBe(3);
  });
});
