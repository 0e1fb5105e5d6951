import { authoriseAssumeRole, type Decision, evaluate, type NamedPolicy, type Policy } from '@sluice/policy';
import { formatIso, roleArn, rootArn, userArn } from '@sluice/wire';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { AccessDemand, Call, Operation } from '../rpc/operation.js';
import type { AccessQuestion, Authoriser } from './authorise.js';
import type { DeniedDetail } from './denied-detail.js';
import { accessRequest, sessionPolicy } from './policy-authoriser.js';
import type { FederatedPrincipal, Principal } from './principal.js';

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
  detailOf: DeniedDetail,
): AccessDecider {
  async function decide(question: AccessDemand, call: Call): Promise<Decision> {
    const { trust } = question;
    if (!trust) return authoriser.decide(call.principal, question);
    const { principal } = call;
    if (principal.kind === 'federated') return authoriseFederated(trust, principal, question);
    if (principal.kind !== 'user' && principal.kind !== 'session') return authoriser.decide(principal, question);
    const holder = principal.kind === 'user' ? userPrincipal(principal.userId) : rolePrincipal(principal.roleId);
    const attached = await store.attachedPolicies(holder);
    const identity = attached.map(({ name, type, document }) => ({ name, type, policy: parse(document) }));
    const session = sessionPolicy(principal, parse);
    return authoriseAssumeRole(
      { identity, trust, ...(session ? { session } : {}) },
      { ...accessRequest(question), principalArns: arnsOf(principal) },
    );
  }

  return {
    async require(op, demands, call) {
      for (const demand of demands) {
        const question = inContext(demand, call);
        const decision = await decide(question, call);
        if (!decision.allowed) throw op.denied(detailOf(question, decision, call));
      }
    },
    allows: async (demand, call) => (await decide(inContext(demand, call), call)).allowed,
  };
}

const inContext = (demand: AccessDemand, call: Call): AccessDemand => ({
  ...demand,
  context: { ...requestContext(call), ...demand.context },
});

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
