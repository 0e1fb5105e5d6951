import { describe, expect, it } from 'vitest';
import { findMishap } from '../testing/chance/find-mishap.js';
import { chanceSettings } from '../testing/chance/settings.js';

/** Half an hour on a quiet machine. */
const RUNS = 40_000;

describe('whatever happens, in whatever order, many times', () => {
  const { runs, seed } = chanceSettings(RUNS, true);
  console.log('chance', JSON.stringify({ seed, runs }));

  it('every upload ends once, successes are whole, and nothing is left behind', { timeout: 7_200_000 }, async () => {
    expect(await findMishap({ seed, runs })).toBeUndefined();
  });

  it('nothing fails that can be healed', { timeout: 7_200_000 }, async () => {
    expect(await findMishap({ seed, runs: runs / 2, gentle: true })).toBeUndefined();
  });
});
