import type { AuditFacts, AuditOutcome } from './chain.js';
import { plainText } from './plain-text.js';

/** What a room has to tell. Never a secret, a token, a signature, a body, the text of a policy. */
export interface AuditEntry {
  readonly at: number;
  /** Whose trail it is shown in. */
  readonly accountId: string;
  /** As in logs: `user/alice`, `role/uploader/session`; `server` for what the server does by itself. */
  readonly principal: string;
  /** `sts:AssumeRole`, `oss:UploadPart`, `event:Delivered` … */
  readonly action: string;
  /** ARN, or several separated by blanks. */
  readonly resource?: string;
  readonly outcome: AuditOutcome;
  readonly requestId?: string;
  readonly sourceIp?: string;
  /** Of the session that is behind the call. */
  readonly tokenId?: string | undefined;
  readonly mediaId?: string | undefined;
  readonly uploadId?: string | undefined;
  /** What was made: `token:<id>` of an issued session, `key:<id>` of a new access key. */
  readonly subject?: string | undefined;
  readonly detail?: AuditDetail;
}

export type AuditDetail = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

const MAX_DETAIL = 8192;
const MAX_VALUE = 512;

/** Bounded and clean, whatever it was made of. */
export function factsOf(entry: AuditEntry): AuditFacts {
  return {
    at: Math.trunc(entry.at),
    account_id: plainText(entry.accountId, 64),
    principal: plainText(entry.principal, 256),
    action: plainText(entry.action, 128),
    resource: plainText(entry.resource ?? '', 2048),
    outcome: entry.outcome,
    request_id: plainText(entry.requestId ?? '', 64),
    source_ip: plainText(entry.sourceIp ?? '', 64),
    token_id: plainText(entry.tokenId ?? '', 64),
    media_id: plainText(entry.mediaId ?? '', 64),
    upload_id: plainText(entry.uploadId ?? '', 64),
    subject: plainText(entry.subject ?? '', 128),
    detail: detailText(entry.detail ?? {}),
  };
}

function detailText(detail: AuditDetail): string {
  const kept: Record<string, unknown> = {};
  let length = 2;
  for (const [name, value] of Object.entries(detail)) {
    if (value === undefined) continue;
    const told = clean(value);
    length += JSON.stringify(told).length + name.length + 4;
    if (length > MAX_DETAIL) {
      kept.cut = true;
      break;
    }
    kept[plainText(name, 64)] = told;
  }
  return JSON.stringify(kept);
}

const clean = (value: string | number | boolean | readonly string[]): unknown =>
  typeof value === 'string'
    ? plainText(value, MAX_VALUE)
    : typeof value === 'object'
      ? value.map((each) => plainText(each, MAX_VALUE))
      : value;
