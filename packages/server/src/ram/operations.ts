import type { Operation } from '../rpc/operation.js';
import { accessKeyOperations } from './access-keys/access-key-operations.js';
import { getAccessKeyLastUsed } from './access-keys/get-access-key-last-used.js';
import { groupOperations } from './groups/group-operations.js';
import { attachmentOperations } from './policies/attachment-operations.js';
import { policyOperations } from './policies/policy-operations.js';
import type { RamParts } from './ram-parts.js';
import { roleOperations } from './roles/role-operations.js';
import { userOperations } from './users/user-operations.js';

/** Everything RAM `2015-05-01` answers. */
export function ramOperations(parts: RamParts): readonly Operation[] {
  return [
    ...userOperations(parts),
    ...accessKeyOperations(parts),
    getAccessKeyLastUsed(parts),
    ...groupOperations(parts),
    ...policyOperations(parts),
    ...attachmentOperations(parts),
    ...roleOperations(parts),
  ];
}
