import { describe } from 'vitest';
import { testManyFiles, testThreadTrace } from './load.js';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('Chromium', () => {
  describeUploads('chromium');
  describeExpiry('chromium');
  testThreadTrace();
  testManyFiles('chromium', [1_000]);
});
