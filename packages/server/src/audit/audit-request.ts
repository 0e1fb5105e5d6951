import { z } from 'zod';
import type { Database } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { ChainPlace } from './chain.js';
import { headFileOf, readHeadFile } from './head-file.js';
import { listRecords, storyOf } from './query.js';
import { type ShownRecord, showRecord } from './show-record.js';
import { type AuditReport, verifyTrail } from './verify.js';

const place = z.strictObject({ seq: z.number().int().min(0), hash: z.string().regex(/^[0-9a-f]{64}$/) });

const filter = z.strictObject({
  accountId: z.string().optional(),
  principal: z.string().optional(),
  action: z.string().optional(),
  resource: z.string().optional(),
  outcome: z.enum(['Allowed', 'Denied', 'Failed']).optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  requestId: z.string().optional(),
  tokenId: z.string().optional(),
  mediaId: z.string().optional(),
  uploadId: z.string().optional(),
});

/** What `sluice audit` asks, of a running server or of a database. */
export const auditRequest = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('verify'), checkpoint: place.optional() }),
  z.strictObject({ ask: z.literal('list'), filter, limit: z.number().int().min(1) }),
  z.strictObject({ ask: z.literal('story'), of: z.string().min(1) }),
]);
/** A question to the trail: verify it, list records, or tell a story. */
export type AuditRequest = z.output<typeof auditRequest>;

/** One line of the answer. The last one is the end: without it the answer broke off. */
export type AuditLine = { readonly record: ShownRecord } | { readonly report: AuditReport } | { readonly end: true };

export interface AuditSource {
  readonly db: Database;
  readonly ring: KeyRing;
  /** The data directory. */
  readonly data: string;
  /** Where a running server has the end of the trail. */
  readonly running?: ChainPlace | undefined;
}

const PAGE = 500;

export async function* answerAudit(source: AuditSource, asked: AuditRequest): AsyncGenerator<AuditLine> {
  const { db, ring, data, running } = source;
  if (asked.ask === 'verify') {
    // Before the records are read: it must not be ahead of them.
    const head = await readHeadFile(headFileOf(data), ring);
    yield { report: await verifyTrail({ db, ring, head, running, checkpoint: asked.checkpoint }) };
  } else if (asked.ask === 'story') {
    for (const row of await storyOf(db, undefined, asked.of)) yield { record: showRecord(row) };
  } else {
    let before: number | undefined;
    for (let left = asked.limit; left > 0; ) {
      const { rows, next } = await listRecords(db, asked.filter, { before, limit: Math.min(PAGE, left) });
      for (const row of rows) yield { record: showRecord(row) };
      left -= rows.length;
      before = next;
      if (next === undefined) break;
    }
  }
  yield { end: true };
}
