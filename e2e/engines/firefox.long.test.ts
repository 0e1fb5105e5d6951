import { describe } from 'vitest';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('Firefox', () => {
  describeUploads('firefox');
  describeExpiry('firefox');
});
