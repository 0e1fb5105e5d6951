import type { ServiceOperation } from '../operation.js';
import { listBuckets } from './list-buckets.js';

/** Operations on the service itself: requests that name no bucket. */
export const SERVICE_OPERATIONS: readonly ServiceOperation[] = [
  {
    on: 'service',
    name: 'ListBuckets',
    method: 'GET',
    subResources: [],
    action: 'oss:ListBuckets',
    run: listBuckets,
  },
];
