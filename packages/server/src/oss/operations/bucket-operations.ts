import type { BucketOperation, NewBucketOperation } from '../operation.js';
import { getBucketAcl, putBucketAcl } from './bucket-acl.js';
import { deleteBucketCors, getBucketCors, putBucketCors } from './bucket-cors.js';
import { getBucketInfo, getBucketLocation, headBucket } from './bucket-info.js';
import { deleteBucketLifecycle, getBucketLifecycle, putBucketLifecycle } from './bucket-lifecycle.js';
import { deleteBucketPolicy, getBucketPolicy, getBucketPolicyStatus, putBucketPolicy } from './bucket-policy.js';
import { deleteBucket } from './delete-bucket.js';
import { deleteMultipleObjects } from './delete-multiple-objects.js';
import { getBucketStat } from './get-bucket-stat.js';
import { listMultipartUploads } from './list-multipart-uploads.js';
import { listObjects } from './list-objects.js';
import { postObject } from './post-object.js';
import { putBucket } from './put-bucket.js';

/** Every operation on a bucket, in the order of reference oss 1. */
export const BUCKET_OPERATIONS: readonly (BucketOperation | NewBucketOperation)[] = [
  { on: 'new-bucket', name: 'PutBucket', method: 'PUT', subResources: [], action: 'oss:PutBucket', run: putBucket },
  {
    on: 'new-bucket',
    name: 'PutBucketAcl',
    method: 'PUT',
    subResources: ['acl'],
    action: 'oss:PutBucketAcl',
    run: putBucketAcl,
  },
  {
    on: 'bucket',
    name: 'GetBucketAcl',
    method: 'GET',
    subResources: ['acl'],
    action: 'oss:GetBucketAcl',
    run: getBucketAcl,
  },
  {
    on: 'bucket',
    name: 'GetBucketInfo',
    method: 'GET',
    subResources: ['bucketInfo'],
    action: 'oss:GetBucketInfo',
    run: getBucketInfo,
  },
  {
    on: 'bucket',
    name: 'HeadBucket',
    method: 'HEAD',
    subResources: [],
    action: 'oss:GetBucketInfo',
    run: headBucket,
  },
  {
    on: 'bucket',
    name: 'GetBucketLocation',
    method: 'GET',
    subResources: ['location'],
    action: 'oss:GetBucketLocation',
    run: getBucketLocation,
  },
  {
    on: 'bucket',
    name: 'GetBucketStat',
    method: 'GET',
    subResources: ['stat'],
    action: 'oss:GetBucketStat',
    run: getBucketStat,
  },
  {
    on: 'bucket',
    name: 'PutBucketCors',
    method: 'PUT',
    subResources: ['cors'],
    action: 'oss:PutBucketCors',
    run: putBucketCors,
  },
  {
    on: 'bucket',
    name: 'GetBucketCors',
    method: 'GET',
    subResources: ['cors'],
    action: 'oss:GetBucketCors',
    run: getBucketCors,
  },
  {
    on: 'bucket',
    name: 'DeleteBucketCors',
    method: 'DELETE',
    subResources: ['cors'],
    action: 'oss:DeleteBucketCors',
    run: deleteBucketCors,
  },
  {
    on: 'bucket',
    name: 'PutBucketLifecycle',
    method: 'PUT',
    subResources: ['lifecycle'],
    action: 'oss:PutBucketLifecycle',
    run: putBucketLifecycle,
  },
  {
    on: 'bucket',
    name: 'GetBucketLifecycle',
    method: 'GET',
    subResources: ['lifecycle'],
    action: 'oss:GetBucketLifecycle',
    run: getBucketLifecycle,
  },
  {
    on: 'bucket',
    name: 'DeleteBucketLifecycle',
    method: 'DELETE',
    subResources: ['lifecycle'],
    action: 'oss:DeleteBucketLifecycle',
    run: deleteBucketLifecycle,
  },
  {
    on: 'bucket',
    name: 'PutBucketPolicy',
    method: 'PUT',
    subResources: ['policy'],
    action: 'oss:PutBucketPolicy',
    run: putBucketPolicy,
  },
  {
    on: 'bucket',
    name: 'GetBucketPolicy',
    method: 'GET',
    subResources: ['policy'],
    action: 'oss:GetBucketPolicy',
    run: getBucketPolicy,
  },
  {
    on: 'bucket',
    name: 'DeleteBucketPolicy',
    method: 'DELETE',
    subResources: ['policy'],
    action: 'oss:DeleteBucketPolicy',
    run: deleteBucketPolicy,
  },
  {
    on: 'bucket',
    name: 'GetBucketPolicyStatus',
    method: 'GET',
    subResources: ['policyStatus'],
    action: 'oss:GetBucketPolicyStatus',
    run: getBucketPolicyStatus,
  },
  {
    on: 'bucket',
    name: 'DeleteBucket',
    method: 'DELETE',
    subResources: [],
    action: 'oss:DeleteBucket',
    run: deleteBucket,
  },
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
  // Asked by the one who signed the form.
  { on: 'bucket', name: 'PostObject', method: 'POST', subResources: [], action: undefined, run: postObject },
];
