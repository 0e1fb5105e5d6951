import type { BucketOperation, NewBucketOperation } from '../operation.js';
import { deleteMultipleObjects } from './delete-multiple-objects.js';
import { listMultipartUploads } from './list-multipart-uploads.js';
import { listObjects } from './list-objects.js';

/** Every operation on a bucket, in the order of reference oss 1. */
export const BUCKET_OPERATIONS: readonly (BucketOperation | NewBucketOperation)[] = [
  {
    on: 'bucket',
    name: 'DeleteMultipleObjects',
    method: 'POST',
    subResources: ['delete'],
    // Asked for each key.
    action: undefined,
    run: deleteMultipleObjects,
  },
  {
    on: 'bucket',
    name: 'ListMultipartUploads',
    method: 'GET',
    subResources: ['uploads'],
    action: 'oss:ListMultipartUploads',
    run: listMultipartUploads,
  },
  {
    on: 'bucket',
    name: 'ListObjects',
    method: 'GET',
    subResources: [],
    // Asked with the prefix.
    action: undefined,
    run: listObjects,
  },
];
