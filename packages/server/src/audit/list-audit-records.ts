import { parseIso } from '@sluice/wire';
import { z } from 'zod';
import type { Database } from '../db/schema.js';
import { invalidRam, ramErrors } from '../ram/errors.js';
import { accountOf, ramResource } from '../ram/rows.js';
import { type Operation, operation } from '../rpc/operation.js';
import { listRecords } from './query.js';
import { showRecord } from './show-record.js';

const instant = z.string().transform((text, context): number => {
  const at = parseIso(text);
  if (at !== undefined) return at;
  context.addIssue({ code: 'custom', message: 'expected 2026-01-01T12:00:00Z' });
  return z.NEVER;
});
const id = z.string().max(64);

const DEFAULT_ITEMS = 100;
/** Records that one call looks at: a filter that few fit must not hold up the server. */
const MAX_SCANNED = 200_000;

/** ListAuditRecords, an extension of RAM (docs/audit.md): the account's part of the trail, newest first. */
export function listAuditRecords({ db }: { db: Database }): Operation {
  return operation({
    product: 'ram',
    version: '2015-05-01',
    name: 'ListAuditRecords',
    description: 'Lists what was done in the account, by whom, and what was refused.',
    signed: true,
    input: z.object({
      Principal: z.string().max(256).optional(),
      ActionName: z.string().max(128).optional(),
      Resource: z.string().max(2048).optional(),
      Outcome: z.enum(['Allowed', 'Denied', 'Failed']).optional(),
      StartTime: instant.optional(),
      EndTime: instant.optional(),
      TargetRequestId: id.optional(),
      TokenId: id.optional(),
      MediaId: id.optional(),
      TargetUploadId: id.optional(),
      Marker: z
        .string()
        .regex(/^[1-9]\d{0,15}$/)
        .transform(Number)
        .optional(),
      MaxItems: z
        .string()
        .regex(/^\d{1,4}$/)
        .transform(Number)
        .pipe(z.number().min(1).max(1000))
        .optional(),
    }),
    invalid: invalidRam,
    denied: ramErrors.denied,
    perSecond: 20,
    access: async (_, call) => [{ action: 'ram:ListAuditRecords', resource: ramResource(accountOf(call), 'audit/*') }],
    async handle(given, call) {
      const limit = given.MaxItems ?? DEFAULT_ITEMS;
      const { rows, next } = await listRecords(
        db,
        {
          accountId: accountOf(call),
          principal: given.Principal,
          action: given.ActionName,
          resource: given.Resource,
          outcome: given.Outcome,
          since: given.StartTime,
          until: given.EndTime,
          requestId: given.TargetRequestId,
          tokenId: given.TokenId,
          mediaId: given.MediaId,
          uploadId: given.TargetUploadId,
        },
        { before: given.Marker, limit, maxScanned: MAX_SCANNED },
      );
      return {
        IsTruncated: next !== undefined,
        ...(next === undefined ? {} : { Marker: String(next) }),
        // XML has no names of one's own.
        Records: {
          Record: rows.map(showRecord).map((record) => ({ ...record, Detail: JSON.stringify(record.Detail) })),
        },
      };
    },
  });
}
