import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSinglePut, MAX_FILE_SIZE, MAX_PARTS, MIN_PART_SIZE, partRange, planParts } from './part-plan.js';

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 200_000_000 }),
  fc.maxSafeInteger().filter((n) => n >= 0 && n <= MAX_FILE_SIZE),
);
const partSizes = fc.oneof(fc.constant('auto' as const), fc.integer({ min: MIN_PART_SIZE, max: 5 * 1024 ** 3 }));

describe('planning parts', () => {
  it('covers every byte once, within the limits of the protocol', () => {
    fc.assert(
      fc.property(sizes, partSizes, (size, partSize) => {
        const plan = planParts(size, partSize);
        expect(Number.isSafeInteger(plan.partSize)).toBe(true);
        expect(plan.partSize).toBeGreaterThanOrEqual(MIN_PART_SIZE);
        expect(plan.count).toBeGreaterThanOrEqual(1);
        expect(plan.count).toBeLessThanOrEqual(MAX_PARTS);
        expect(partRange(plan, 1).start).toBe(0);
        expect(partRange(plan, plan.count).end).toBe(size);
        const last = partRange(plan, plan.count);
        expect(last.size).toBe(size - (plan.count - 1) * plan.partSize);
        expect(last.size).toBeGreaterThan(size === 0 ? -1 : 0);
        const some = Math.ceil(plan.count / 2);
        if (some < plan.count) expect(partRange(plan, some).end).toBe(partRange(plan, some + 1).start);
      }),
    );
  });

  it('keeps a fixed part size unless there would be too many parts', () => {
    expect(planParts(10_000 * 102_400, 102_400).partSize).toBe(102_400);
    expect(planParts(10_000 * 102_400 + 1, 102_400)).toMatchObject({ partSize: 102_401, count: 10_000 });
  });

  it('takes 1 MiB up to 64 MiB and 8 MiB above', () => {
    expect(planParts(64 * 2 ** 20, 'auto').partSize).toBe(2 ** 20);
    expect(planParts(64 * 2 ** 20 + 1, 'auto').partSize).toBe(8 * 2 ** 20);
  });

  it('sends small files and single parts in one piece', () => {
    expect(isSinglePut(planParts(102_399, 'auto'))).toBe(true);
    expect(isSinglePut(planParts(2 ** 20, 'auto'))).toBe(true);
    expect(isSinglePut(planParts(2 ** 20 + 1, 'auto'))).toBe(false);
  });

  it('refuses what cannot be', () => {
    for (const bad of [0, 102_399, 200_000.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => planParts(1, bad)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    }
    expect(() => planParts(MAX_FILE_SIZE + 1, 'auto')).toThrow(expect.objectContaining({ code: 'FileTooLarge' }));
  });
});
