import type { Operation } from '../rpc/operation.js';
import { accessKeyOperations } from './access-keys/access-key-operations.js';
import { getAccessKeyLastUsed } from './access-keys/get-access-key-last-used.js';
import { getAccountSummary } from './account-summary.js';
import { decodeDiagnosticMessage } from './diagnostics/decode-diagnostic-message.js';
import { groupOperations } from './groups/group-operations.js';
import { loginProfileOperations } from './login/login-profile-operations.js';
import { mfaOperations } from './mfa/mfa-operations.js';
import { oidcProviderOperations } from './oidc-providers/oidc-provider-operations.js';
import { attachmentOperations } from './policies/attachment-operations.js';
import { policyOperations } from './policies/policy-operations.js';
import { accountAliasOperations } from './preferences/account-alias-operations.js';
import { passwordPolicyOperations } from './preferences/password-policy-operations.js';
import { securityPreferenceOperations } from './preferences/security-preference-operations.js';
import type { RamParts } from './ram-parts.js';
import { roleOperations } from './roles/role-operations.js';
import { tagOperations } from './tags/tag-operations.js';
import { userOperations } from './users/user-operations.js';

/** Everything RAM `2015-05-01` and IMS `2019-08-15` answer. */
export function ramOperations(parts: RamParts): readonly Operation[] {
  return [
    ...userOperations(parts),
    ...accessKeyOperations(parts),
    ...loginProfileOperations(parts),
    ...mfaOperations(parts),
    ...passwordPolicyOperations(parts),
    ...securityPreferenceOperations(parts),
    ...accountAliasOperations(parts),
    getAccessKeyLastUsed(parts),
    ...groupOperations(parts),
    ...policyOperations(parts),
    ...attachmentOperations(parts),
    ...roleOperations(parts),
    decodeDiagnosticMessage(parts),
    ...tagOperations(parts),
    ...oidcProviderOperations(parts),
    getAccountSummary(parts),
  ];
}
