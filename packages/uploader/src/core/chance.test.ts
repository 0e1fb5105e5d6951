import { describe, expect, it } from 'vitest';
import { findMishap } from '../testing/chance/find-mishap.js';

/** Always the same: a change is judged by what it changed. `chance.long.test.ts` finds new things. */
const SEED = 20_261_124;

describe('whatever happens, in whatever order', () => {
  it('every upload ends once, successes are whole, and nothing is left behind', async () => {
    expect(await findMishap({ seed: SEED, runs: 80 })).toBeUndefined();
  });

  it('nothing fails that can be healed', async () => {
    expect(await findMishap({ seed: SEED, runs: 50, gentle: true })).toBeUndefined();
  });
});
