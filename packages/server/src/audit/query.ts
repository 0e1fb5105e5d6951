import type { AuditTable, Queryable } from '../db/schema.js';
import type { AuditOutcome } from './chain.js';

/** All that are given have to fit. */
export interface AuditFilter {
  readonly accountId?: string | undefined;
  /** `user/alice`; with `*` at its end, what begins so. The same for `action` and `resource`. */
  readonly principal?: string | undefined;
  readonly action?: string | undefined;
  readonly resource?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** Milliseconds, from this one on. */
  readonly since?: number | undefined;
  /** Milliseconds, before this one. */
  readonly until?: number | undefined;
  readonly requestId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly mediaId?: string | undefined;
  readonly uploadId?: string | undefined;
}

export type AuditRow = Readonly<AuditTable>;

export interface AuditPage {
  /** Newest first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listRecords(db: Queryable, filter: AuditFilter, page: AuditPage): Promise<readonly AuditRow[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(page.limit);
  if (page.before !== undefined) query = query.where('seq', '<', page.before);
  if (filter.accountId !== undefined) query = query.where('account_id', '=', filter.accountId);
  if (filter.since !== undefined) query = query.where('at', '>=', filter.since);
  if (filter.until !== undefined) query = query.where('at', '<', filter.until);
  if (filter.outcome !== undefined) query = query.where('outcome', '=', filter.outcome);
  if (filter.requestId !== undefined) query = query.where('request_id', '=', filter.requestId);
  // `<> ''` lets the partial index be used.
  if (filter.tokenId !== undefined) query = query.where('token_id', '=', filter.tokenId).where('token_id', '<>', '');
  if (filter.mediaId !== undefined) query = query.where('media_id', '=', filter.mediaId).where('media_id', '<>', '');
  if (filter.uploadId !== undefined)
    query = query.where('upload_id', '=', filter.uploadId).where('upload_id', '<>', '');
  for (const column of ['principal', 'action', 'resource'] as const) {
    const wanted = filter[column];
    if (wanted === undefined) continue;
    query = wanted.endsWith('*')
      ? query.where(({ eb, fn, val }) =>
          eb(fn('substr', [column, val(1), val([...wanted].length - 1)]), '=', wanted.slice(0, -1)),
        )
      : query.where(column, '=', wanted);
  }
  return query.execute();
}

const MAX_STORY = 100_000;
/** Sessions behind sessions; a chain is at most five long. */
const MAX_ROUNDS = 8;

/**
 * The whole story of an upload, oldest first: what was done about a media, an upload or an object, by which sessions, and how those
 * came to be, back to the access key.
 * @param of a media id, an upload id, or the ARN of an object
 */
export async function storyOf(db: Queryable, accountId: string | undefined, of: string): Promise<readonly AuditRow[]> {
  const found = new Map<number, AuditRow>();
  const all = () =>
    db
      .selectFrom('audit')
      .selectAll()
      .$if(accountId !== undefined, (query) => query.where('account_id', '=', accountId ?? ''))
      .orderBy('seq')
      .limit(MAX_STORY);
  const add = (rows: readonly AuditRow[]): void => {
    for (const row of rows) found.set(row.seq, row);
  };
  if (of.startsWith('acs:')) add(await all().where('resource', '=', of).execute());
  else {
    add(await all().where('media_id', '=', of).where('media_id', '<>', '').execute());
    add(await all().where('upload_id', '=', of).where('upload_id', '<>', '').execute());
  }
  // An upload leads to its media and the other way round, whichever was asked for.
  const seen = new Set<string>();
  const fresh = (values: readonly string[]): string[] => {
    const some = [...new Set(values)].filter((value) => value !== '' && !seen.has(value));
    for (const value of some) seen.add(value);
    return some;
  };
  for (let round = 0; round < MAX_ROUNDS && found.size < MAX_STORY; round++) {
    const rows = [...found.values()];
    const media = fresh(rows.map((row) => row.media_id));
    if (media.length > 0) add(await all().where('media_id', 'in', media).where('media_id', '<>', '').execute());
    const uploads = fresh(rows.map((row) => row.upload_id));
    if (uploads.length > 0) add(await all().where('upload_id', 'in', uploads).where('upload_id', '<>', '').execute());
    const made = fresh(rows.flatMap((row) => [row.token_id === '' ? '' : `token:${row.token_id}`, keyOf(row)]));
    if (made.length > 0) add(await all().where('subject', 'in', made).where('subject', '<>', '').execute());
    if (media.length + uploads.length + made.length === 0) break;
  }
  return [...found.values()].sort((a, b) => a.seq - b.seq);
}

/** The access key that a call was signed with, as the record of its creation names it. */
function keyOf({ detail }: AuditRow): string {
  const { accessKeyId } = JSON.parse(detail) as { accessKeyId?: unknown };
  return typeof accessKeyId === 'string' ? `key:${accessKeyId}` : '';
}
