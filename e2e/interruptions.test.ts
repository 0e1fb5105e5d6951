/** Whatever happens to an upload, only the parts that were under way are sent again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeTally, interruptPages, interruptProcesses, openRange, type Range } from './support/interruptions.js';

let range: Range;

beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range?.close());

test('a program that is killed, paused, cut off, refused: 6 times', async () => {
  const tally = await interruptProcesses(range, 6, 1);
  console.info(describeTally('Node', tally));
  expect(tally.interruptions).toBe(6);
});

test('a page that is reloaded, paused, cut off, refused: 4 times', async () => {
  const tally = await interruptPages(range, 4, 2);
  console.info(describeTally('Chromium', tally));
  expect(tally.interruptions).toBe(4);
});
