import { expect, it } from 'vitest';
import { measureBudgets } from '../../../scripts/bundle-size.mjs';

it('costs a page no more than its budgets (size-budgets.json)', async () => {
  const measured = await measureBudgets();
  expect(measured.length).toBeGreaterThan(0);
  const tooBig = measured
    .filter(({ gzip, gzipBudget }) => gzipBudget !== undefined && gzip > gzipBudget)
    .map(({ name, gzip, gzipBudget }) => `${name}: ${gzip} bytes, ${gzipBudget} allowed`);
  expect(tooBig).toEqual([]);
});
