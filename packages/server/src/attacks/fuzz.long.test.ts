import { expect, test } from 'vitest';
import { fuzzInProcess } from './testing/fuzz.js';
import { fuzzSettings } from './testing/fuzz-settings.js';

/** Some minutes on a quiet machine. */
const COUNT = 1_000_000;

test('of a million mutated signed requests none that means something else is let in', {
  timeout: 7_200_000,
}, async () => {
  const settings = fuzzSettings(COUNT);
  const report = await fuzzInProcess(settings);
  console.log('fuzz', JSON.stringify({ ...settings, ...report }));
  expect(report.mutated).toBe(settings.count);
});
