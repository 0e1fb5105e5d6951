import { formatIsoMillis } from '@sluice/wire';
import type { AuditRow } from './query.js';

/** A record as it is shown to people and programs. Members that tell nothing are absent. */
export interface ShownRecord {
  readonly Seq: number;
  /** `2026-01-01T12:00:00.000Z` */
  readonly Time: string;
  readonly AccountId: string;
  readonly Principal: string;
  readonly Action: string;
  readonly Outcome: string;
  readonly Resource?: string;
  readonly RequestId?: string;
  readonly SourceIp?: string;
  readonly TokenId?: string;
  readonly MediaId?: string;
  readonly UploadId?: string;
  readonly Subject?: string;
  readonly Detail: Readonly<Record<string, unknown>>;
  readonly Hash: string;
}

export function showRecord(row: AuditRow): ShownRecord {
  const told = {
    Resource: row.resource,
    RequestId: row.request_id,
    SourceIp: row.source_ip,
    TokenId: row.token_id,
    MediaId: row.media_id,
    UploadId: row.upload_id,
    Subject: row.subject,
  };
  return {
    Seq: row.seq,
    Time: formatIsoMillis(row.at),
    AccountId: row.account_id,
    Principal: row.principal,
    Action: row.action,
    Outcome: row.outcome,
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== '')),
    Detail: detailOf(row.detail),
    Hash: row.hash,
  };
}

/** Somebody may have changed it: then it is shown as it is. */
function detailOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  return { unreadable: text.slice(0, 512) };
}
