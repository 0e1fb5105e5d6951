import { createHash } from 'node:crypto';
import type { Principal } from '../gate/principal.js';
import type { RpcRequest } from '../gate/rpc-request.js';
import type { RpcError } from '../rpc/rpc-error.js';
import { tokenIdOf } from '../sts/sealed-token.js';
import { callerOf } from './caller.js';
import type { AuditOutcome } from './chain.js';
import type { Decisions } from './decisions.js';
import type { AuditDetail, AuditEntry } from './entry.js';

/** What handlers tell of what they made. */
export interface CallNotes {
  mediaId?: string | undefined;
  uploadId?: string | undefined;
  subject?: string | undefined;
}

/** What is known of a call, as it goes on. */
export interface RpcCallFacts {
  readonly requestId: string;
  readonly sourceIp: string;
  readonly startedAt: number;
  principal: Principal | undefined;
  /** Until a principal is known, only what the request says. */
  accessKeyId: string | undefined;
  /** As given, cut to 64 characters. */
  action: string | undefined;
  /** `ram:CreateUser`, once the operation is found. */
  operation: string | undefined;
  resources: readonly string[];
  parameters: ReadonlyMap<string, string>;
  readonly notes: CallNotes;
  /** What decided. */
  readonly decisions: Decisions;
}

/** Parameters that are told as they were given. ExternalId is half a secret, and never told. */
const TOLD = [
  'RoleArn',
  'RoleSessionName',
  'DurationSeconds',
  'SourceIdentity',
  'OIDCProviderArn',
  'OIDCProviderName',
  'UserName',
  'NewUserName',
  'GroupName',
  'NewGroupName',
  'RoleName',
  'PolicyName',
  'PolicyType',
  'VersionId',
  'SetAsDefault',
  'UserAccessKeyId',
  'Status',
  'SerialNumber',
  'VirtualMFADeviceName',
  'NewMaxSessionDuration',
  'MaxSessionDuration',
  'NotBefore',
  'AbortUploads',
  'Reason',
  'RevocationId',
  'TokenAccessKeyId',
  'VideoId',
  'VideoIds',
  'ReferenceId',
  'ReferenceIds',
  // Whom identity providers are trusted to be.
  'IssuerUrl',
  'ClientId',
  'Fingerprint',
  'IssuanceLimitTime',
  'ClientIds',
  'Fingerprints',
  // What users have to do, and may do for themselves.
  'PasswordResetRequired',
  'MFABindRequired',
  'EnableSaveMFATicket',
  'AllowUserToChangePassword',
  'AllowUserToManageAccessKeys',
  'AllowUserToManageMFADevices',
  'LoginSessionDuration',
  'LoginNetworkMasks',
  'MinimumPasswordLength',
  'RequireLowercaseCharacters',
  'RequireUppercaseCharacters',
  'RequireNumbers',
  'RequireSymbols',
  'HardExpiry',
  'MaxPasswordAge',
  'PasswordReusePrevention',
  'MaxLoginAttemps',
  'AccountAlias',
] as const;

/** Documents: their digest tells whether two were the same, and which of those that are kept it was. */
const DIGESTED = ['Policy', 'PolicyDocument', 'AssumeRolePolicyDocument', 'NewAssumeRolePolicyDocument'] as const;

/** The record of a call of the control plane. */
export function rpcEntry(
  facts: RpcCallFacts,
  {
    home,
    outcome,
    failure,
    answer,
  }: {
    readonly home: string;
    readonly outcome: AuditOutcome;
    readonly failure?: RpcError | undefined;
    readonly answer?: object | undefined;
  },
): AuditEntry {
  const { principal = { kind: 'anonymous' }, notes } = facts;
  const known = facts.principal !== undefined;
  const caller = callerOf(principal, known ? facts.accessKeyId : undefined);
  const made = answer === undefined ? {} : madeBy(answer);
  return {
    at: facts.startedAt,
    accountId: principal.kind === 'anonymous' ? home : principal.accountId,
    principal: caller.principal,
    action: facts.operation ?? `rpc:${facts.action ?? ''}`,
    resource: facts.resources.join(' '),
    outcome,
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    tokenId: caller.tokenId,
    mediaId: notes.mediaId ?? made.mediaId ?? facts.parameters.get('VideoId') ?? caller.mediaId,
    uploadId: notes.uploadId,
    subject: notes.subject ?? made.subject,
    detail: {
      ...caller.detail,
      claimedKey: known ? undefined : facts.accessKeyId,
      code: failure?.code,
      // Whose policy it was is told here, and not to the caller (reference ram-sts 4.6).
      noPermissionType: failure?.detail?.NoPermissionType,
      policyType: failure?.detail?.PolicyType,
      // Before what callers can make long: what does not fit is left out from the end.
      why: facts.decisions.lines(),
      ...told(facts.parameters),
    },
  };
}

function told(parameters: ReadonlyMap<string, string>): AuditDetail {
  const detail: Record<string, string> = {};
  for (const name of TOLD) {
    const value = parameters.get(name);
    if (value !== undefined && value !== '') detail[name] = value;
  }
  for (const name of DIGESTED) {
    const value = parameters.get(name);
    if (value !== undefined && value !== '') {
      detail[`${name}Sha256`] = createHash('sha256').update(value).digest('hex');
    }
  }
  return detail;
}

/** What an answer names, for calls that issue a session or begin an upload. */
function madeBy(answer: object): { subject?: string; mediaId?: string } {
  const { Credentials, VideoId, ImageId } = answer as {
    Credentials?: { AccessKeyId?: unknown };
    VideoId?: unknown;
    ImageId?: unknown;
  };
  const media = VideoId ?? ImageId;
  return {
    ...(typeof Credentials?.AccessKeyId === 'string' ? { subject: `token:${tokenIdOf(Credentials.AccessKeyId)}` } : {}),
    ...(typeof media === 'string' ? { mediaId: media } : {}),
  };
}

/**
 * The key that a request says it is of. Only what looks like one: people paste secrets into the wrong field.
 */
export function claimedKey({ parameters, headers }: Pick<RpcRequest, 'parameters' | 'headers'>): string | undefined {
  const named =
    parameters.get('AccessKeyId') ?? /Credential=([^,\s]{1,64})/.exec(headers.get('authorization') ?? '')?.[1];
  return named !== undefined && /^(LTAI|STS\.)[A-Za-z0-9]{8,40}$/.test(named) ? named : undefined;
}
