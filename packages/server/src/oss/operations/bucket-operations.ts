import type { BucketOperation, NewBucketOperation } from '../operation.js';

/** Every operation on a bucket, in the order of reference oss 1. */
export const BUCKET_OPERATIONS: readonly (BucketOperation | NewBucketOperation)[] = [];
