import type { Operation } from './operation.js';
import { BUCKET_OPERATIONS } from './operations/bucket-operations.js';
import { OBJECT_OPERATIONS } from './operations/object-operations.js';
import { SERVICE_OPERATIONS } from './operations/service-operations.js';

/** What the data plane can do: how it is recognised, what it asks of policy, and who does it. Reference: oss 1, 1.24. */
export const OPERATIONS: readonly Operation[] = [...OBJECT_OPERATIONS, ...BUCKET_OPERATIONS, ...SERVICE_OPERATIONS];
