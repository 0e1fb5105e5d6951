import { describe, expect, it } from 'vitest';
import { testFile, world } from '../testing/bench.js';

describe('a bandwidth limit', () => {
  it('holds over all files together, and may be changed on the way', async () => {
    const { clock, uploader } = world();
    const up = uploader({ bandwidth: 100_000, parallel: 5 });
    const start = clock.now();
    const files = [testFile(500_000, 'a.mp4'), testFile(500_000, 'b.mp4')];
    const done = Promise.all(files.map((file) => up.upload(file).done));
    await clock.advance(4000);
    const loaded = up.tasks.reduce((sum, { progress }) => sum + progress.loaded, 0);
    expect(loaded).toBeLessThanOrEqual(5 * 100_000 + 102_400);
    up.bandwidth = 1_000_000;
    await clock.resolve(done);
    expect(clock.now() - start).toBeGreaterThan(4000);
    expect(clock.now() - start).toBeLessThan(9000);
  });

  it('does not wait for a clock that was set back to come where it was', async () => {
    const { clock, platform, uploader } = world();
    let back = 0;
    const set = { now: () => clock.now() - back, setTimeout: clock.setTimeout.bind(clock) };
    const task = uploader({ bandwidth: 100_000 }, {}, { ...platform, clock: set }).upload(testFile(500_000));
    await clock.advance(2000);
    back = 3_600_000;
    const start = clock.now();
    await clock.resolve(task.done);
    expect(clock.now() - start).toBeLessThan(9000);
  });

  it('keeps no timer for uploads that were cancelled', async () => {
    const { clock, uploader } = world();
    const task = uploader({ bandwidth: 1000 }).upload(testFile(500_000));
    await clock.advance(1000);
    await clock.resolve(task.cancel());
    expect(clock.waiting).toBe(0);
  });

  it('must be a whole number', () => {
    const { uploader } = world();
    expect(() => uploader({ bandwidth: 0 })).toThrow(/bandwidth/);
    const up = uploader();
    expect(() => {
      up.bandwidth = -1;
    }).toThrow(/bandwidth/);
    expect(up.bandwidth).toBeUndefined();
  });
});
