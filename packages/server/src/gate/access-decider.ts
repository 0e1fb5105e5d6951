import { authoriseAssumeRole, type Decision, evaluate, type NamedPolicy, type Policy } from '@sluice/policy';
import { formatIso, roleArn, rootArn, userArn } from '@sluice/wire';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { AccessDemand, Call, Operation } from '../rpc/operation.js';
import type { AccessQuestion, Authoriser } from './authorise.js';
import { accessRequest, sessionPolicy } from './policy-authoriser.js';
import { type FederatedPrincipal, type Principal, principalName } from './principal.js';

/** Asks the policies for every demand of an operation, in one place for all operations. */
export interface AccessDecider {
  /** @throws RpcError of the operation's own when one demand is not allowed */
  require(op: Operation, demands: readonly AccessDemand[], call: Call): Promise<void>;
  allows(demand: AccessDemand, call: Call): Promise<boolean>;
}

export function accessDecider(
  authoriser: Authoriser,
  store: IdentityStore,
  parse: (text: string) => Policy,
): AccessDecider {
  async function decide(demand: AccessDemand, call: Call): Promise<Decision> {
    const question = { ...demand, context: { ...requestContext(call), ...demand.context } };
    if (!demand.trust) return authoriser.decide(call.principal, question);
    const { principal } = call;
    if (principal.kind === 'federated') return authoriseFederated(demand.trust, principal, question);
    if (principal.kind !== 'user' && principal.kind !== 'session') return authoriser.decide(principal, question);
    const holder = principal.kind === 'user' ? userPrincipal(principal.userId) : rolePrincipal(principal.roleId);
    const attached = await store.attachedPolicies(holder);
    const identity = attached.map(({ name, type, document }) => ({ name, type, policy: parse(document) }));
    const session = sessionPolicy(principal, parse);
    return authoriseAssumeRole(
      { identity, trust: demand.trust, ...(session ? { session } : {}) },
      { ...accessRequest(question), principalArns: arnsOf(principal) },
    );
  }

  return {
    async require(op, demands, call) {
      for (const demand of demands) {
        const decision = await decide(demand, call);
        if (!decision.allowed) throw op.denied(deniedDetail(demand, decision, call.principal));
      }
    },
    allows: async (demand, call) => (await decide(demand, call)).allowed,
  };
}

/** Who comes with a token has no policies of their own: the trust policy alone decides (reference ram-sts 1.4, 2.6). */
function authoriseFederated(
  trust: NamedPolicy,
  { providerArn }: FederatedPrincipal,
  question: AccessQuestion,
): Decision {
  const verdict = evaluate([trust], { ...accessRequest(question), principalArns: [providerArn] });
  const verdicts = { identity: { outcome: 'ImplicitDeny' }, trust: verdict } as const;
  if (verdict.outcome === 'Allow') return { allowed: true, verdicts };
  return { allowed: false, noPermissionType: verdict.outcome, policyType: 'AssumeRolePolicy', verdicts };
}

/** Condition keys every request has. Reference: ram-sts 3.3. */
export function requestContext(call: Pick<Call, 'now' | 'sourceIp' | 'secure'>): Record<string, string> {
  return {
    'acs:CurrentTime': formatIso(call.now),
    'acs:SourceIp': call.sourceIp,
    'acs:SecureTransport': String(call.secure),
  };
}

function arnsOf(principal: Principal): string[] {
  if (principal.kind === 'user')
    return [rootArn(principal.accountId), userArn(principal.accountId, principal.userName)];
  if (principal.kind === 'session')
    return [rootArn(principal.accountId), roleArn(principal.accountId, principal.roleName)];
  return [];
}

/** `AccessDeniedDetail` (reference ram-sts 4.6): about the caller's own rights only. */
function deniedDetail(demand: AccessDemand, decision: Decision, principal: Principal): Record<string, string> {
  const types: Record<string, string> = { user: 'SubUser', session: 'AssumedRoleUser', federated: 'Federated' };
  return {
    AuthAction: demand.action,
    AuthPrincipalType: types[principal.kind] ?? principal.kind,
    AuthPrincipalDisplayName:
      principal.kind === 'session' ? `${principal.roleName}:${principal.sessionName}` : principalName(principal),
    ...(principal.kind === 'anonymous' ? {} : { AuthPrincipalOwnerId: principal.accountId }),
    NoPermissionType: decision.noPermissionType ?? 'ImplicitDeny',
    PolicyType: decision.policyType ?? 'AccountLevelIdentityBasedPolicy',
  };
}
