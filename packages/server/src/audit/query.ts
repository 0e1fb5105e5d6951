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
  /** Records before this number; default: from the newest on. */
  readonly before?: number | undefined;
  readonly limit: number;
  /** Records that may be looked at; the page may then be short, and not the last. Default: all. */
  readonly maxScanned?: number | undefined;
}

export interface FoundRecords {
  /** Newest first. */
  readonly rows: readonly AuditRow[];
  /** Goes on with records before this number; `undefined`: there are no more. */
  readonly next: number | undefined;
}

/** Records of one statement: on SQLite nothing else is done meanwhile. */
const WINDOW = 20_000;
/** Records stand in the order of their commits, and tell when their calls began. */
const DISORDER_MS = 86_400_000;

/** Newest first. Few filters have an index, for each would cost every record; so the trail is read window by window. */
export async function listRecords(db: Queryable, filter: AuditFilter, page: AuditPage): Promise<FoundRecords> {
  const rows: AuditRow[] = [];
  const ends = await db
    .selectFrom('audit')
    .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last')])
    .executeTakeFirst();
  const first = ends?.first ?? 1;
  const newest = (ends?.last ?? 0) + 1;
  let before = Math.min(page.before ?? newest, newest);
  // What an index finds is few, wherever it stands.
  const window = isIndexed(filter) ? Number.MAX_SAFE_INTEGER : WINDOW;
  const end = isIndexed(filter) || page.maxScanned === undefined ? 0 : before - page.maxScanned;
  while (before > first && before > end) {
    const from = Math.max(first, before - window, end);
    // One more, to know whether there are more.
    const left = page.limit + 1 - rows.length;
    const some = await fitting(db, filter).where('seq', '>=', from).where('seq', '<', before).limit(left).execute();
    rows.push(...some);
    if (rows.length > page.limit) {
      rows.pop();
      return { rows, next: rows.at(-1)?.seq };
    }
    before = from;
    if (filter.since !== undefined && from > first && (await isBefore(db, from, filter.since - DISORDER_MS))) break;
    if (before > first) await new Promise<void>((resolve) => setImmediate(resolve));
    else break;
    if (before <= end) return { rows, next: before };
  }
  return { rows, next: undefined };
}

async function isBefore(db: Queryable, seq: number, at: number): Promise<boolean> {
  const row = await db.selectFrom('audit').select('at').where('seq', '=', seq).executeTakeFirst();
  return row !== undefined && row.at < at;
}

const isIndexed = ({ tokenId, mediaId, uploadId }: AuditFilter): boolean =>
  tokenId !== undefined || mediaId !== undefined || uploadId !== undefined;

function fitting(db: Queryable, filter: AuditFilter) {
  let query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc');
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
  return query;
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
