import { formatIso, parseIso, roleArn } from '@sluice/wire';
import { z } from 'zod';
import { principalName } from '../../gate/principal.js';
import type { SessionOrigin } from '../../gate/session-origin.js';
import type { IdentityStore } from '../../ram/identity-store.js';
import { gatewayErrors } from '../../rpc/gateway-errors.js';
import { type Call, type Operation, operation } from '../../rpc/operation.js';
import { RpcError } from '../../rpc/rpc-error.js';
import { stsErrors } from '../errors.js';
import { TEMPORARY_ID_PREFIX, tokenIdOf } from '../sealed-token.js';
import { isNamedBy, type NewRevocation, type Revocation, type Revocations } from './revocations.js';

export interface RevokeSessionsParts {
  readonly store: Pick<IdentityStore, 'findRole'>;
  readonly revocations: Revocations;
  /** Ends the unfinished multipart uploads that these sessions began. @returns how many */
  readonly abortUploads: (ofSessions: (origin: SessionOrigin) => boolean) => Promise<number>;
}

/** What is to be revoked, in the names of the wire. */
export const revokeInput = z.object({
  RoleName: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,64}$/)
    .optional(),
  RoleSessionName: z
    .string()
    .regex(/^[a-zA-Z0-9.@\-_]{2,64}$/)
    .optional(),
  SourceIdentity: z
    .string()
    .regex(/^[\w+=,.@-]{2,64}$/)
    .optional(),
  TokenAccessKeyId: z
    .string()
    .regex(/^STS\.[0-9A-Za-z]{22}$/)
    .optional(),
  NotBefore: z.string().optional(),
  AbortUploads: z.enum(['true', 'false']).optional(),
  Reason: z.string().max(256).optional(),
});
type Input = z.infer<typeof revokeInput>;

/**
 * RevokeSessions, an extension (docs/revocation.md): kills the live tokens of a role, of a session name, of a source identity,
 * or a single one, and what was derived from them. Those who may still assume the role can have a new token at once.
 */
export function revokeSessions(parts: RevokeSessionsParts): Operation {
  return operation({
    ...common,
    name: 'RevokeSessions',
    description: 'Ends live sessions before their time.',
    input: revokeInput,
    async access({ RoleName }, call) {
      const accountId = accountOf(call);
      const resource = RoleName === undefined ? `acs:sts:*:${accountId}:*` : roleArn(accountId, RoleName);
      return [{ action: 'sts:RevokeSessions', resource }];
    },
    handle: (given, call) =>
      revokeFor(parts, given, { accountId: accountOf(call), by: principalName(call.principal), now: call.now }),
  });
}

/** What RevokeSessions did, in the words of the wire. */
export interface Revoked {
  readonly Revocation: ShownRevocation;
  /** Unfinished multipart uploads that were ended. */
  readonly AbortedUploads: number;
}

/**
 * Revokes for whoever was allowed to.
 * @throws {RpcError} what is wrong with the parameters
 */
export async function revokeFor(
  { store, revocations, abortUploads }: RevokeSessionsParts,
  given: Input,
  { accountId, by, now }: { readonly accountId: string; readonly by: string; readonly now: number },
): Promise<Revoked> {
  checkSubjects(given);
  const revocation = await revocations.revoke({
    account_id: accountId,
    ...(await subjectOf(store, given, accountId)),
    not_before: readNotBefore(given.NotBefore, now),
    reason: given.Reason ?? '',
    created_by: by,
  });
  const aborted = given.AbortUploads === 'false' ? 0 : await abortUploads((origin) => isNamedBy(revocation, origin));
  return { Revocation: shownRevocation(revocation), AbortedUploads: aborted };
}

async function subjectOf(
  store: RevokeSessionsParts['store'],
  { RoleName, RoleSessionName, SourceIdentity, TokenAccessKeyId }: Input,
  accountId: string,
): Promise<Pick<NewRevocation, 'kind' | 'subject'>> {
  const role = RoleName === undefined ? undefined : await store.findRole(accountId, RoleName);
  if (RoleName !== undefined && !role) throw stsErrors.noSuchRole();
  if (RoleSessionName !== undefined)
    return { kind: 'session-name', subject: `${role?.role_id ?? ''}:${RoleSessionName}` };
  if (role) return { kind: 'role', subject: role.role_id };
  if (SourceIdentity !== undefined) return { kind: 'source-identity', subject: SourceIdentity };
  return { kind: 'token', subject: tokenIdOf(TokenAccessKeyId ?? TEMPORARY_ID_PREFIX) };
}

export function listRevocations({ revocations }: Pick<RevokeSessionsParts, 'revocations'>): Operation {
  return operation({
    ...common,
    name: 'ListRevocations',
    description: 'Lists the revocations that are in force.',
    input: z.object({}),
    access: async (_, call) => [{ action: 'sts:ListRevocations', resource: `acs:sts:*:${accountOf(call)}:*` }],
    handle: async (_, call) => ({
      Revocations: { Revocation: revocations.list(accountOf(call)).map(shownRevocation) },
    }),
  });
}

export function deleteRevocation({ revocations }: Pick<RevokeSessionsParts, 'revocations'>): Operation {
  return operation({
    ...common,
    name: 'DeleteRevocation',
    description: 'Takes a revocation back.',
    input: z.object({ RevocationId: z.string().regex(/^[0-9a-f]{32}$/) }),
    access: async (_, call) => [{ action: 'sts:DeleteRevocation', resource: `acs:sts:*:${accountOf(call)}:*` }],
    async handle({ RevocationId }, call) {
      await liftFor(revocations, accountOf(call), RevocationId);
      return {};
    },
  });
}

/** @throws {RpcError} when there is no such revocation */
export async function liftFor(revocations: Revocations, accountId: string, revocationId: string): Promise<void> {
  if (await revocations.lift(accountId, revocationId)) return;
  throw new RpcError(404, 'EntityNotExist.Revocation', 'The specified Revocation not exists.');
}

const common = {
  product: 'sts',
  version: '2015-04-01',
  signed: true,
  invalid: (name: string, missing: boolean) =>
    missing && name !== '' ? stsErrors.missing(name) : stsErrors.wronglyFormed(name),
  denied: stsErrors.noPermission,
} as const;

function accountOf({ principal }: Call): string {
  // The table's row asks for a signature, so nobody is anonymous here.
  if (principal.kind === 'anonymous') throw gatewayErrors.signatureRequired();
  return principal.accountId;
}

/** One of them, or a role together with a session name. */
function checkSubjects({ RoleName, RoleSessionName, SourceIdentity, TokenAccessKeyId }: Input): void {
  const kinds = [RoleName ?? RoleSessionName, SourceIdentity, TokenAccessKeyId].filter((each) => each !== undefined);
  if (kinds.length === 1) return;
  throw gatewayErrors.invalidParameter(
    'RoleName',
    'give RoleName, RoleSessionName, both of these, SourceIdentity, or TokenAccessKeyId.',
  );
}

function readNotBefore(given: string | undefined, now: number): number {
  if (given === undefined) return now;
  const at = parseIso(given);
  if (at === undefined) throw stsErrors.wronglyFormed('NotBefore');
  // What is not issued yet cannot have leaked; and new tokens would be dead at birth.
  if (at > now) throw gatewayErrors.invalidParameter('NotBefore', 'it lies in the future.');
  return at;
}

const SUBJECT_NAMES = {
  role: 'RoleId',
  'session-name': 'RoleSession',
  'source-identity': 'SourceIdentity',
  token: 'TokenId',
} as const;

/** A revocation as the wire shows it; besides, one of `RoleId`, `RoleSession`, `SourceIdentity`, `TokenId`. */
export interface ShownRevocation {
  readonly RevocationId: string;
  readonly NotBefore: string;
  readonly Reason: string;
  readonly CreatedBy: string;
  readonly CreateDate: string;
  readonly ExpirationDate: string;
  readonly RoleId?: string;
  readonly RoleSession?: string;
  readonly SourceIdentity?: string;
  readonly TokenId?: string;
}

export const shownRevocation = (row: Revocation): ShownRevocation => ({
  RevocationId: row.revocation_id,
  [SUBJECT_NAMES[row.kind]]: row.subject,
  NotBefore: formatIso(row.not_before),
  Reason: row.reason,
  CreatedBy: row.created_by,
  CreateDate: formatIso(row.created_at),
  ExpirationDate: formatIso(row.expires_at),
});
