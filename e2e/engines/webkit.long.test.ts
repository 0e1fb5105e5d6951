import { describe } from 'vitest';
import { describeExpiry, describeUploads } from './scenarios.js';

describe('WebKit', () => {
  describeUploads('webkit');
  describeExpiry('webkit');
});
