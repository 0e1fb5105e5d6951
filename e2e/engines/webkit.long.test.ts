import { describe } from 'vitest';
import { testBigFile, testManyFiles } from './load.js';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('WebKit', () => {
  describeUploads('webkit');
  describeExpiry('webkit');
  testManyFiles('webkit', [1_000, 3_000]);
  testBigFile('webkit', 1024 * 1024 * 1024);
});
