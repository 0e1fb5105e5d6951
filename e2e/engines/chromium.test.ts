import { describe } from 'vitest';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('Chromium', () => {
  describeUploads('chromium');
  describeExpiry('chromium');
});
