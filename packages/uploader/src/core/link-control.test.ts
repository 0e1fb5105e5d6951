import { describe, expect, it } from 'vitest';
import { MIB } from './layout.js';
import { AdaptiveLink, fixedLink } from './link-control.js';

const LIMITS = { partSize: 'auto', parallel: 'auto', maxPartSize: 16 * MIB, maxParallel: 32 } as const;

/** Lets parts go over a line of `capacity` bytes per ms that gives one connection at most `perConnection`. */
function run(link: AdaptiveLink, rounds: number, capacity: number, perConnection = Number.POSITIVE_INFINITY) {
  for (let i = 0; i < rounds; i++) {
    const { width } = link;
    const rate = Math.min(perConnection, capacity / width);
    const size = link.partSize(1e12);
    link.sent(size, size / rate, width);
  }
}

describe('adaptive link', () => {
  it('widens while a wider line brings more, as on a long line with loss', () => {
    const link = new AdaptiveLink(LIMITS);
    run(link, 300, 100_000, 100);
    expect(link.width).toBe(32);
  });

  it('is not held back by a few parts that were lucky', () => {
    const link = new AdaptiveLink(LIMITS);
    for (let i = 0; i < 300; i++) run(link, 1, 100_000, i % 4 === 0 ? 1000 : 100);
    expect(link.width).toBe(32);
  });

  it('stays narrow where a few connections fill the line', () => {
    const link = new AdaptiveLink(LIMITS);
    run(link, 300, 2500);
    expect(link.width).toBeLessThanOrEqual(12);
    expect(link.width).toBeGreaterThanOrEqual(6);
  });

  it('narrows when the line breaks, never below one', () => {
    const link = new AdaptiveLink(LIMITS);
    run(link, 300, 100_000, 100);
    link.failed();
    expect(link.width).toBe(21);
    for (let i = 0; i < 20; i++) link.failed();
    expect(link.width).toBe(1);
  });

  it('finds its way again on a line that changed', () => {
    const link = new AdaptiveLink(LIMITS);
    run(link, 200, 2500);
    run(link, 600, 100_000, 100);
    expect(link.width).toBeGreaterThan(16);
  });

  it('sends big parts on a fast line, small ones on a slow one, within the limits', () => {
    const fast = new AdaptiveLink(LIMITS);
    run(fast, 50, 800_000);
    expect(fast.partSize(1e12)).toBe(16 * MIB);
    const slow = new AdaptiveLink(LIMITS);
    run(slow, 50, 250);
    expect(slow.partSize(1e12)).toBeLessThan(MIB / 8);
  });

  it('begins wider on a long line, as long as nothing else is known', () => {
    const short = new AdaptiveLink(LIMITS);
    short.roundTrip(20);
    expect(short.width).toBe(6);
    const long = new AdaptiveLink(LIMITS);
    long.roundTrip(200);
    expect(long.width).toBe(16);
    const few = new AdaptiveLink({ ...LIMITS, maxParallel: 10 });
    few.roundTrip(200);
    expect(few.width).toBe(10);
    const broken = new AdaptiveLink(LIMITS);
    broken.failed();
    broken.roundTrip(200);
    expect(broken.width).toBeLessThan(6);
  });

  it('lets small files go beside the parts until the line breaks', () => {
    const link = new AdaptiveLink(LIMITS);
    expect(link.lightWidth).toBe(32);
    expect(new AdaptiveLink({ ...LIMITS, maxParallel: 12 }).lightWidth).toBe(12);
    link.failed();
    expect(link.lightWidth).toBe(link.width);
  });

  it('makes parts long enough to hide a long round trip', () => {
    const link = new AdaptiveLink(LIMITS);
    link.roundTrip(400);
    run(link, 300, 1000);
    expect(link.partSize(1e12) / (1000 / link.width)).toBeCloseTo(4000, -2);
  });

  it('begins small, and never has more in flight than half of what is left', () => {
    const link = new AdaptiveLink(LIMITS);
    expect(link.partSize(1e12)).toBe(MIB / 4);
    run(link, 50, 400_000);
    expect(link.partSize(100 * MIB) * link.width).toBeLessThanOrEqual((100 * MIB) / 2);
    expect(link.partSize(1e9) * link.width).toBeLessThanOrEqual(1e9 / 2);
    // A part is still worth its request.
    expect(link.partSize(1)).toBeGreaterThanOrEqual(MIB / 2);
  });

  it('keeps what the user fixed', () => {
    const sized = new AdaptiveLink({ ...LIMITS, partSize: 5 * MIB });
    run(sized, 50, 400_000);
    expect(sized.partSize(1)).toBe(5 * MIB);
    const wide = new AdaptiveLink({ ...LIMITS, parallel: 3 });
    wide.failed();
    expect(wide.fileLimit).toBe(3);
    expect(wide.width).toBe(Number.POSITIVE_INFINITY);
    expect(fixedLink({ ...LIMITS, parallel: 7, partSize: MIB })).toMatchObject({ fileLimit: 7 });
  });
});
