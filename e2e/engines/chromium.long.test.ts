import { describe } from 'vitest';
import { testBigFile, testManyFiles } from './load.js';

describe('Chromium', () => {
  testManyFiles('chromium', [1_000, 10_000, 30_000]);
  testBigFile('chromium', 1024 * 1024 * 1024);
});
