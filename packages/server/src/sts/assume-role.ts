import { type Policy, PolicyGrammarError, parsePolicy } from '@sluice/policy';
import { formatIso, parseRoleArn, roleArn, roleSessionArn } from '@sluice/wire';
import { z } from 'zod';
import type { RolesTable } from '../db/schema.js';
import type { Principal } from '../gate/principal.js';
import { sessionOrigin } from '../gate/session-origin.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { IdentityStore } from '../ram/identity-store.js';
import { type Operation, operation } from '../rpc/operation.js';
import type { Random } from '../runtime.js';
import { invalidAssumeRole, stsErrors } from './errors.js';
import { sealToken } from './sealed-token.js';

export interface AssumeRoleParts {
  readonly store: IdentityStore;
  readonly ring: KeyRing;
  readonly random: Random;
  readonly parseTrust: (document: string) => Policy;
  /** Shortest session, seconds; 900 unless lowered to test expiry. */
  readonly minDuration: number;
  /** Calls a second for one account. */
  readonly perSecond: number;
}

const DEFAULT_DURATION = 3600;
/** Sessions one after the other; each of them is named in the token, so that revoking one reaches the later ones. */
const MAX_CHAIN = 5;

// Limits of reference ram-sts 1.3.
const input = z.object({
  RoleArn: z.string().max(256),
  RoleSessionName: z.string().regex(/^[a-zA-Z0-9.@\-_]{2,64}$/),
  DurationSeconds: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
  Policy: z.string().max(2048).optional(),
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
export function assumeRole(parts: AssumeRoleParts): Operation {
  const { store, ring, random, parseTrust, minDuration } = parts;

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
    denied: stsErrors.noPermission,
    async access({ RoleArn, ExternalId, SourceIdentity }, { principal }) {
      if (principal.kind === 'account') throw stsErrors.rootMayNot();
      const role = await findRole(RoleArn);
      const sourceIdentity = carriedIdentity(principal) ?? SourceIdentity;
      const trust = { name: role.role_name, type: 'Trust' as const, policy: parseTrust(role.trust_policy) };
      const context = { 'sts:ExternalId': ExternalId, 'sts:SourceIdentity': sourceIdentity };
      return [{ action: 'sts:AssumeRole', resource: roleArn(role.account_id, role.role_name), trust, context }];
    },
    async handle(given, { principal, now }) {
      const role = await findRole(given.RoleArn);
      const duration = given.DurationSeconds ?? Math.min(DEFAULT_DURATION, role.max_session_duration);
      if (duration < minDuration || duration > role.max_session_duration) {
        throw stsErrors.duration(minDuration, role.max_session_duration);
      }
      if (given.Policy !== undefined) checkGrammar(given.Policy);
      const carried = carriedIdentity(principal);
      if (carried !== undefined && given.SourceIdentity !== undefined && given.SourceIdentity !== carried) {
        throw stsErrors.sourceIdentityFixed();
      }
      const sourceIdentity = carried ?? given.SourceIdentity;
      const origin = sessionOrigin(principal);
      if (origin && origin.links.length >= MAX_CHAIN) throw stsErrors.chainTooLong(MAX_CHAIN);
      const expiresAt = now + duration * 1000;
      const credentials = sealToken(ring, random, {
        kind: 'session',
        accountId: role.account_id,
        roleId: role.role_id,
        roleName: role.role_name,
        sessionName: given.RoleSessionName,
        ...(given.Policy === undefined ? {} : { sessionPolicy: given.Policy }),
        ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
        ...(origin === undefined ? {} : { via: [...origin.links] }),
        issuedAt: now,
        expiresAt,
      });
      return {
        AssumedRoleUser: {
          Arn: roleSessionArn(role.account_id, role.role_name, given.RoleSessionName),
          AssumedRoleId: `${role.role_id}:${given.RoleSessionName}`,
        },
        Credentials: {
          AccessKeyId: credentials.accessKeyId,
          AccessKeySecret: credentials.accessKeySecret,
          SecurityToken: credentials.securityToken,
          Expiration: formatIso(expiresAt),
        },
        ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity }),
      };
    },
  });
}

/** Set once at the start of a chain of roles, and carried along unchanged. */
const carriedIdentity = (principal: Principal): string | undefined =>
  principal.kind === 'session' ? principal.sourceIdentity : undefined;

function checkGrammar(document: string): void {
  try {
    parsePolicy(document);
  } catch (error) {
    if (error instanceof PolicyGrammarError) throw stsErrors.policyGrammar(`${error.pointer || '/'}: ${error.reason}`);
    throw error;
  }
}
