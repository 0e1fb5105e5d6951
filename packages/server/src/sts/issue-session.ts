import { PolicyGrammarError, parsePolicy } from '@sluice/policy';
import { formatIso, roleSessionArn } from '@sluice/wire';
import { z } from 'zod';
import type { RolesTable } from '../db/schema.js';
import type { SessionLink } from '../gate/session-origin.js';
import { stsErrors } from './errors.js';
import { sealToken } from './sealed-token.js';
import type { StsParts } from './sts-parts.js';

const DEFAULT_SECONDS = 3600;

/** Parameters that every AssumeRole… has, with the limits of reference ram-sts 1.3. */
export const sessionFields = {
  RoleArn: z.string().max(256),
  RoleSessionName: z.string().regex(/^[a-zA-Z0-9.@\-_]{2,64}$/),
  DurationSeconds: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .optional(),
  Policy: z.string().max(2048).optional(),
};

/**
 * How long a session lasts.
 * @param wanted seconds; absent: an hour, or the longest of the role if that is less
 * @throws RpcError `InvalidParameter.DurationSeconds`
 */
export function sessionMs(
  wanted: number | undefined,
  { max_session_duration: most }: Pick<RolesTable, 'max_session_duration'>,
  minSeconds: number,
): number {
  const seconds = wanted ?? Math.min(DEFAULT_SECONDS, most);
  if (seconds < minSeconds || seconds > most) throw stsErrors.duration(minSeconds, most);
  return seconds * 1000;
}

/** @throws RpcError `InvalidParameter.PolicyGrammar`, which says where */
export function checkSessionPolicy(document: string | undefined): void {
  if (document === undefined) return;
  try {
    parsePolicy(document);
  } catch (error) {
    if (error instanceof PolicyGrammarError) throw stsErrors.policyGrammar(`${error.pointer || '/'}: ${error.reason}`);
    throw error;
  }
}

export interface NewSession {
  readonly sessionName: string;
  readonly sessionPolicy: string | undefined;
  readonly sourceIdentity: string | undefined;
  /** The sessions it comes from, newest first. */
  readonly via: readonly SessionLink[] | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Seals a session of a role; the members of the answer that all AssumeRole… have in common (reference ram-sts 1.5). */
export function issueSession(
  { ring, random }: Pick<StsParts, 'ring' | 'random'>,
  role: RolesTable,
  session: NewSession,
) {
  const { sessionName, sessionPolicy, sourceIdentity, via, issuedAt, expiresAt } = session;
  const credentials = sealToken(ring, random, {
    kind: 'session',
    accountId: role.account_id,
    roleId: role.role_id,
    roleName: role.role_name,
    sessionName,
    ...(sessionPolicy === undefined ? {} : { sessionPolicy }),
    ...(sourceIdentity === undefined ? {} : { sourceIdentity }),
    ...(via === undefined ? {} : { via: [...via] }),
    issuedAt,
    expiresAt,
  });
  return {
    AssumedRoleUser: {
      Arn: roleSessionArn(role.account_id, role.role_name, sessionName),
      AssumedRoleId: `${role.role_id}:${sessionName}`,
    },
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      AccessKeySecret: credentials.accessKeySecret,
      SecurityToken: credentials.securityToken,
      Expiration: formatIso(expiresAt),
    },
  };
}
