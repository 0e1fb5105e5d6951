import { describe } from 'vitest';
import { testBigFile, testManyFiles } from './load.js';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('Firefox', () => {
  describeUploads('firefox');
  describeExpiry('firefox');
  testManyFiles('firefox', [1_000, 3_000]);
  testBigFile('firefox', 1024 * 1024 * 1024);
});
