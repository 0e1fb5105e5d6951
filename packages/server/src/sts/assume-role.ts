import { parseRoleArn, roleArn } from '@sluice/wire';
import { z } from 'zod';
import type { RolesTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { sessionOrigin } from '../gate/session-origin.js';
import { type Operation, operation } from '../rpc/operation.js';
import { invalidAssumeRole, stsErrors } from './errors.js';
import { checkSessionPolicy, issueSession, sessionFields, sessionMs } from './issue-session.js';
import type { StsParts } from './sts-parts.js';

/** Sessions one after the other; each of them is named in the token, so that revoking one reaches the later ones. */
const MAX_CHAIN = 5;

// Limits of reference ram-sts 1.3.
const input = z.object({
  ...sessionFields,
  ExternalId: z
    .string()
    .regex(/^[\w+=,.@:/-]{2,1224}$/)
    .optional(),
  SourceIdentity: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/)
    .optional(),
});

/** AssumeRole: short-lived credentials of a role. Reference: ram-sts 1.3 to 1.8. */
export function assumeRole(parts: StsParts): Operation {
  const { store, parseTrust, minDuration } = parts;

  async function findRole(arn: string): Promise<RolesTable> {
    const named = parseRoleArn(arn);
    // A user's ARN is of the right form; there is just no such role (reference 1.7).
    if (!named && /^acs:ram::\d{1,32}:user\/[A-Za-z0-9._-]{1,64}$/.test(arn)) throw stsErrors.noSuchRole();
    if (!named) throw stsErrors.wronglyFormed('RoleArn');
    const role = await store.findRole(named.accountId, named.roleName);
    if (!role) throw stsErrors.noSuchRole();
    return role;
  }

  return operation({
    product: 'sts',
    version: '2015-04-01',
    name: 'AssumeRole',
    description: 'Issues short-lived credentials of a role.',
    signed: true,
    input,
    invalid: invalidAssumeRole(minDuration),
    perSecond: parts.perSecond,
    ...(parts.principalPerSecond === undefined ? {} : { principalPerSecond: parts.principalPerSecond }),
    denied: stsErrors.noPermission,
    async access({ RoleArn, ExternalId, SourceIdentity }, { principal }) {
      if (principal.kind === 'account') throw stsErrors.rootMayNot();
      const role = await findRole(RoleArn);
      const carried = carriedIdentity(principal);
      const sourceIdentity = carried ?? SourceIdentity;
      const demand = {
        resource: roleArn(role.account_id, role.role_name),
        trust: { name: role.role_name, type: 'Trust' as const, policy: parseTrust(role.trust_policy) },
        context: { 'sts:ExternalId': ExternalId, 'sts:SourceIdentity': sourceIdentity },
      };
      // Who names the person behind a session is believed from then on, so both sides have to let them (reference 1.3).
      const sets = carried === undefined && SourceIdentity !== undefined;
      return ['sts:AssumeRole', ...(sets ? ['sts:SetSourceIdentity'] : [])].map((action) => ({ action, ...demand }));
    },
    async handle(given, { principal, now }) {
      const role = await findRole(given.RoleArn);
      const lastsMs = sessionMs(given.DurationSeconds, role, minDuration);
      checkSessionPolicy(given.Policy);
      const carried = carriedIdentity(principal);
      if (carried !== undefined && given.SourceIdentity !== undefined && given.SourceIdentity !== carried) {
        throw stsErrors.sourceIdentityFixed();
      }
      const sourceIdentity = carried ?? given.SourceIdentity;
      const origin = sessionOrigin(principal);
      if (origin && origin.links.length >= MAX_CHAIN) throw stsErrors.chainTooLong(MAX_CHAIN);
      // A chain ends with its first link: who lost a session must not live on in one that came from it.
      const latest = principal.kind === 'session' ? principal.expiresAt : Number.POSITIVE_INFINITY;
      return {
        ...issueSession(parts, role, {
          sessionName: given.RoleSessionName,
          sessionPolicy: given.Policy,
          sourceIdentity,
          via: origin?.links,
          issuedAt: now,
          expiresAt: Math.min(now + lastsMs, latest),
        }),
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },
  });
}

/** Set once at the start of a chain of roles, and carried along unchanged. */
const carriedIdentity = (principal: Principal): string | undefined =>
  principal.kind === 'session' ? principal.sourceIdentity : undefined;
