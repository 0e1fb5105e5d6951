import { bucketArn, objectArn } from '@sluice/wire';
import type { Principal } from '../gate/principal.js';
import { callerOf } from './caller.js';
import type { AuditOutcome } from './chain.js';
import type { Decisions } from './decisions.js';
import type { AuditEntry } from './entry.js';

/** What is known of a request of the data plane, as it goes on. */
export interface OssCallFacts {
  readonly requestId: string;
  readonly startedAt: number;
  readonly sourceIp: string;
  /** Absent: nobody was recognised yet. */
  readonly principal?: Principal | undefined;
  readonly accessKeyId?: string | undefined;
  readonly operation?: string | undefined;
  readonly bucket?: string | undefined;
  readonly key?: string | undefined;
  readonly uploadId?: string | undefined;
  readonly partNumber?: string | undefined;
  readonly bytes?: number | undefined;
  /** `x-oss-copy-source`. */
  readonly copySource?: string | undefined;
  /** Objects of one request. */
  readonly keys?: readonly string[] | undefined;
  /** Of the refusal. */
  readonly code?: string | undefined;
  /** What decided. */
  readonly decisions?: Decisions | undefined;
}

/** The record of a request of the data plane. */
export function ossEntry(facts: OssCallFacts, home: string, outcome: AuditOutcome): AuditEntry {
  const principal: Principal = facts.principal ?? { kind: 'anonymous' };
  const caller = callerOf(principal, facts.accessKeyId);
  const accountId = principal.kind === 'anonymous' ? home : principal.accountId;
  return {
    at: facts.startedAt,
    accountId,
    principal: caller.principal,
    action: `oss:${facts.operation ?? 'Authenticate'}`,
    resource: resourceOf(facts, accountId),
    outcome,
    requestId: facts.requestId,
    sourceIp: facts.sourceIp,
    tokenId: caller.tokenId,
    mediaId: caller.mediaId,
    uploadId: facts.uploadId,
    detail: {
      ...caller.detail,
      code: facts.code,
      // Before what callers can make long: what does not fit is left out from the end.
      why: facts.decisions?.lines(),
      partNumber: facts.partNumber,
      bytes: facts.bytes === 0 ? undefined : facts.bytes,
      copySource: facts.copySource,
      keys: facts.keys,
    },
  };
}

function resourceOf({ bucket, key }: Pick<OssCallFacts, 'bucket' | 'key'>, accountId: string): string {
  if (bucket === undefined || bucket === '') return '';
  return key === undefined || key === '' ? bucketArn(accountId, bucket) : objectArn(accountId, bucket, key);
}

/** What the server does to objects and uploads by itself. */
export function ossEntryOfServer(
  {
    action,
    at,
    ...facts
  }: Pick<OssCallFacts, 'bucket' | 'key' | 'keys' | 'uploadId'> & {
    readonly action: string;
    readonly at: number;
  },
  home: string,
): AuditEntry {
  const resource = resourceOf(facts, home);
  const { uploadId, keys } = facts;
  return { at, accountId: home, principal: 'server', action, resource, outcome: 'Allowed', uploadId, detail: { keys } };
}
