import { describe, expect, it } from 'vitest';
import { findMishap } from '../testing/chance/find-mishap.js';
import { chanceSettings } from '../testing/chance/settings.js';

describe('whatever happens, in whatever order', () => {
  it('every upload ends once, successes are whole, and nothing is left behind', async () => {
    expect(await findMishap(chanceSettings(80))).toBeUndefined();
  });

  it('nothing fails that can be healed', async () => {
    expect(await findMishap({ ...chanceSettings(50), gentle: true })).toBeUndefined();
  });
});
