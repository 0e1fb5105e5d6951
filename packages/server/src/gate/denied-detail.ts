import type { Decision, Explanation } from '@sluice/policy';
import { parseRoleArn } from '@sluice/wire';
import type { KeyRing } from '../keys/key-ring.js';
import type { AccessDemand, Call } from '../rpc/operation.js';
import type { Random } from '../runtime.js';
import { type Diagnostic, sealDiagnostic } from './diagnostic-message.js';
import { type Principal, principalName } from './principal.js';

/** `AccessDeniedDetail` (reference ram-sts 4.6) of a refusal. */
export type DeniedDetail = (demand: AccessDemand, decision: Decision, call: Call) => Record<string, string>;

/**
 * Says of the caller's own rights only which kind of policy was in the way; the rest is sealed for those of the caller's
 * account that may read it. Nothing is sealed for the anonymous, who belong to no account.
 */
export function deniedDetail(ring: KeyRing, random: Random): DeniedDetail {
  return (demand, decision, call) => {
    const { principal } = call;
    const detail = {
      AuthAction: demand.action,
      AuthPrincipalType: principalType(principal),
      AuthPrincipalDisplayName: displayName(principal),
      ...(principal.kind === 'anonymous' ? {} : { AuthPrincipalOwnerId: principal.accountId }),
      NoPermissionType: decision.noPermissionType ?? 'ImplicitDeny',
      PolicyType: decision.policyType ?? 'AccountLevelIdentityBasedPolicy',
    };
    const diagnostic = diagnosticOf(demand, decision, call);
    return diagnostic === undefined
      ? detail
      : {
          ...detail,
          EncodedDiagnosticMessage: sealDiagnostic(ring, random, diagnostic.principal.ownerId, diagnostic),
        };
  };
}

function diagnosticOf(demand: AccessDemand, decision: Decision, call: Call): Diagnostic | undefined {
  const { principal } = call;
  const explanation = explainTo(principal, demand, decision);
  if (principal.kind === 'anonymous' || explanation === undefined) return undefined;
  const context = Object.entries(demand.context ?? {}).filter((entry): entry is [string, string] => !!entry[1]);
  return {
    requestId: call.requestId,
    at: call.now,
    principal: {
      type: principalType(principal),
      ownerId: principal.accountId,
      displayName: displayName(principal),
    },
    context: Object.fromEntries(context),
    explanation,
  };
}

/** What an account may know of a decision about one of its principals: of another account's role not whom it trusts. */
export function explainTo(
  principal: Principal,
  demand: Pick<AccessDemand, 'resource' | 'trust'>,
  decision: Decision,
): Explanation | undefined {
  if (principal.kind === 'anonymous') return undefined;
  return decision.explain?.({ hideTrust: isForeignTrust(principal, demand) });
}

/** Whether a demand asks the trust policy of a role of another account than the caller's. */
export const isForeignTrust = (principal: Principal, { trust, resource }: Pick<AccessDemand, 'resource' | 'trust'>) =>
  trust !== undefined && (principal.kind === 'anonymous' || parseRoleArn(resource)?.accountId !== principal.accountId);

function principalType({ kind }: Principal): string {
  if (kind === 'user') return 'SubUser';
  if (kind === 'federated') return 'Federated';
  return kind === 'session' ? 'AssumedRoleUser' : kind;
}

/** As the official documents show it: the id of a user, role and session name of a session. */
function displayName(principal: Principal): string {
  if (principal.kind === 'user') return principal.userId;
  return principal.kind === 'session' ? `${principal.roleName}:${principal.sessionName}` : principalName(principal);
}
