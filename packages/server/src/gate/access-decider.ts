import { authoriseAssumeRole, authoriseByTrust, type Decision, type Policy } from '@sluice/policy';
import { formatIso, roleArn, rootArn, userArn } from '@sluice/wire';
import type { Decided } from '../audit/decisions.js';
import { rolePrincipal, userPrincipal } from '../ram/attachments.js';
import type { IdentityStore } from '../ram/identity-store.js';
import type { AccessDemand, Call, Operation } from '../rpc/operation.js';
import type { Authoriser } from './authorise.js';
import type { DeniedDetail } from './denied-detail.js';
import { accessRequest, sessionPolicy } from './policy-authoriser.js';
import type { Principal } from './principal.js';

/** Asks the policies for every demand of an operation, in one place for all operations. */
export interface AccessDecider {
  /**
   * @param decided is told of each answer, of the refusal too, for the record of the call
   * @throws RpcError of the operation's own when one demand is not allowed
   */
  require(op: Operation, demands: readonly AccessDemand[], call: Call, decided?: (one: Decided) => void): Promise<void>;
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
    if (!trust) {
      const decision = await authoriser.decide(call.principal, question);
      // What the account lets its users do for themselves takes no policy, but one that denies it still does.
      return question.selfService && decision.noPermissionType === 'ImplicitDeny' ? bySelfService : decision;
    }
    const { principal } = call;
    if (principal.kind === 'federated') {
      return authoriseByTrust(trust, { ...accessRequest(question), principalArns: [principal.providerArn] });
    }
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
    async require(op, demands, call, decided) {
      for (const demand of demands) {
        const question = inContext(demand, call);
        const decision = await decide(question, call);
        decided?.({ principal: call.principal, demand: question, decision });
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

/** Condition keys of a request. `acs:MFAPresent` is there only for who logged in. Reference: ram-sts 3.3. */
export function requestContext(
  call: Pick<Call, 'now' | 'sourceIp' | 'secure'> & { readonly principal?: Principal },
): Record<string, string> {
  const { principal } = call;
  const mfaPresent = principal?.kind === 'user' || principal?.kind === 'account' ? principal.mfaPresent : undefined;
  return {
    ...(mfaPresent === undefined ? {} : { 'acs:MFAPresent': String(mfaPresent) }),
    'acs:CurrentTime': formatIso(call.now),
    'acs:SourceIp': call.sourceIp,
    'acs:SecureTransport': String(call.secure),
  };
}

const bySelfService: Decision = { allowed: true, verdicts: { identity: { outcome: 'Allow' } } };

function arnsOf(principal: Principal): string[] {
  if (principal.kind === 'user')
    return [rootArn(principal.accountId), userArn(principal.accountId, principal.userName)];
  if (principal.kind === 'session')
    return [rootArn(principal.accountId), roleArn(principal.accountId, principal.roleName)];
  return [];
}
