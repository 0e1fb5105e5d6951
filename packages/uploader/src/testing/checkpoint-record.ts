import type { Checkpoint } from '../ports.js';

/** A good record; `fingerprint` is `f`. */
export const checkpointRecord: Checkpoint = {
  version: 2,
  fingerprint: 'f',
  sample: 's',
  account: '',
  fileName: 'a',
  videoId: 'v',
  bucket: 'b',
  key: 'k',
  endpoint: 'e',
  uploadId: 'u',
  size: 1,
  lastModified: 0,
  unit: 1,
  createdAt: 0,
  parts: [[1, 1, 'e', '5']],
};
