import type { ServiceOperation } from '../operation.js';

/** Operations on the service itself: requests that name no bucket. */
export const SERVICE_OPERATIONS: readonly ServiceOperation[] = [];
