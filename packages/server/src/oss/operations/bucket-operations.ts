import type { BucketOperation, NewBucketOperation } from '../operation.js';
import { postObject } from './post-object.js';

/** Every operation on a bucket, in the order of reference oss 1. */
export const BUCKET_OPERATIONS: readonly (BucketOperation | NewBucketOperation)[] = [
  { on: 'bucket', name: 'PostObject', method: 'POST', subResources: [], action: undefined, run: postObject },
];
