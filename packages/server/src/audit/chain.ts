import { createHash } from 'node:crypto';

export type AuditOutcome = 'Allowed' | 'Denied' | 'Failed';

/** What a record tells, all of it under its hash. Texts are bounded and clean before they get here (`plain-text.ts`). */
export interface AuditFacts {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly account_id: string;
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly outcome: AuditOutcome;
  readonly request_id: string;
  readonly source_ip: string;
  readonly token_id: string;
  readonly media_id: string;
  readonly upload_id: string;
  readonly subject: string;
  readonly detail: string;
}

/** A place in the chain: the number of a record, and its hash. */
export interface ChainPlace {
  readonly seq: number;
  /** Hex SHA-256. */
  readonly hash: string;
}

export type ChainedRecord = AuditFacts & ChainPlace;

/** Before the first record. */
export const GENESIS: ChainPlace = { seq: 0, hash: '0'.repeat(64) };

/**
 * The bytes that are hashed: a JSON list in a fixed order, so that no text can pass for the end of one member and the start of
 * the next. The form never changes; another one is another version in {@link recordHash}.
 */
export function canonicalForm(seq: number, facts: AuditFacts): string {
  return JSON.stringify([
    seq,
    facts.at,
    facts.account_id,
    facts.principal,
    facts.action,
    facts.resource,
    facts.outcome,
    facts.request_id,
    facts.source_ip,
    facts.token_id,
    facts.media_id,
    facts.upload_id,
    facts.subject,
    facts.detail,
  ]);
}

/** Hex SHA-256 over the hash of the record before and this record. */
export function recordHash(before: string, seq: number, facts: AuditFacts): string {
  return createHash('sha256')
    .update(`sluice-audit/1\n${before}\n${canonicalForm(seq, facts)}`)
    .digest('hex');
}

/** Numbers the records and chains them to what is there. */
export function chainOn(tail: ChainPlace, entries: readonly AuditFacts[]): readonly ChainedRecord[] {
  let { seq, hash } = tail;
  return entries.map((facts) => {
    seq += 1;
    hash = recordHash(hash, seq, facts);
    return { ...facts, seq, hash };
  });
}

export interface ChainFault {
  readonly kind: 'edited' | 'missing';
  /** The record at fault; for what is missing, the first of it. */
  readonly seq: number;
  readonly message: string;
}

/**
 * Goes over records in the order of their numbers, and says what does not follow from what was before. After a fault it goes on
 * from what is stored, so that each fault is told once.
 */
export class ChainReader {
  #place: ChainPlace;

  constructor(base: ChainPlace) {
    this.#place = base;
  }

  /** The last record that was read. */
  get place(): ChainPlace {
    return this.#place;
  }

  read(record: ChainedRecord): ChainFault | undefined {
    const { seq: last, hash: before } = this.#place;
    this.#place = { seq: record.seq, hash: record.hash };
    if (record.seq !== last + 1) {
      const through = record.seq - 1;
      const which = through === last + 1 ? `record ${through} is` : `records ${last + 1} to ${through} are`;
      return { kind: 'missing', seq: last + 1, message: `${which} missing` };
    }
    if (recordHash(before, record.seq, record) === record.hash) return undefined;
    return {
      kind: 'edited',
      seq: record.seq,
      message: `record ${record.seq} is not the one that was written, or not after the one before it`,
    };
  }
}
