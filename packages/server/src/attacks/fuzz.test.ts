import { expect, test } from 'vitest';
import { fuzzInProcess } from './testing/fuzz.js';
import { fuzzSettings } from './testing/fuzz-settings.js';

test('of 20 000 mutated signed requests none that means something else is let in', { timeout: 300_000 }, async () => {
  const settings = fuzzSettings(20_000);
  const report = await fuzzInProcess(settings);
  console.log('fuzz', JSON.stringify({ ...settings, ...report }));
  expect(report.mutated).toBe(settings.count);
});
