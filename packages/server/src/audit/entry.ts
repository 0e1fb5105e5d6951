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

/** Bytes of a record's texts. */
const MAX_RECORD = 8192;
const MAX_VALUE = 512;
const MAX_RESOURCE = 2048;
/** Other members leave so much of it to the detail at least. */
const MIN_DETAIL = 4096;

/** Bounded and clean, whatever it was made of. */
export function factsOf(entry: AuditEntry): AuditFacts {
  const facts = {
    at: Math.trunc(entry.at),
    account_id: plainText(entry.accountId, 64),
    principal: plainText(entry.principal, 256),
    action: plainText(entry.action, 128),
    resource: withinBytes(plainText(entry.resource ?? '', MAX_RESOURCE), MAX_RESOURCE),
    outcome: entry.outcome,
    request_id: plainText(entry.requestId ?? '', 64),
    source_ip: plainText(entry.sourceIp ?? '', 64),
    token_id: plainText(entry.tokenId ?? '', 64),
    media_id: plainText(entry.mediaId ?? '', 64),
    upload_id: plainText(entry.uploadId ?? '', 64),
    subject: plainText(entry.subject ?? '', 128),
  };
  return { ...facts, detail: detailText(entry.detail ?? {}, facts) };
}

/** In the order of its members: what does not fit is left out from the end. */
function detailText(detail: AuditDetail, others: Readonly<Record<string, string | number>>): string {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(detail))
    if (value !== undefined) whole[plainText(name, 64)] = clean(value);
  const text = JSON.stringify(whole);
  // A character of a JavaScript text is three bytes at most.
  if (text.length * 3 < MIN_DETAIL) return text;
  const used = Buffer.byteLength(Object.values(others).join(''));
  const room = Math.max(MIN_DETAIL, MAX_RECORD - used);
  if (Buffer.byteLength(text) <= room) return text;
  const kept: Record<string, unknown> = {};
  let length = '{"cut":true}'.length;
  for (const [name, value] of Object.entries(whole)) {
    length += Buffer.byteLength(JSON.stringify({ [name]: value })) - 1;
    if (length > room) break;
    kept[name] = value;
  }
  return JSON.stringify({ ...kept, cut: true });
}

function withinBytes(text: string, max: number): string {
  if (text.length * 3 <= max || Buffer.byteLength(text) <= max) return text;
  // The cut must not leave a piece of a character.
  return `${Buffer.from(text)
    .subarray(0, max - 3)
    .toString()
    .replace(/\ufffd$/, '')}…`;
}

const clean = (value: string | number | boolean | readonly string[]): unknown =>
  typeof value === 'string'
    ? plainText(value, MAX_VALUE)
    : typeof value === 'object'
      ? value.map((each) => plainText(each, MAX_VALUE))
      : value;
