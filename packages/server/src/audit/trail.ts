import type { Companion } from '../db/companion.js';
import { lateDurability } from '../db/late-durability.js';
import type { AuditTable, Database, DatabaseTransaction, Queryable } from '../db/schema.js';
import { type Step, transact } from '../db/transact.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock, Log } from '../runtime.js';
import { readBase } from './base.js';
import { type ChainPlace, chainOn } from './chain.js';
import { type AuditEntry, factsOf } from './entry.js';
import { Flood } from './flood.js';
import { writeHeadFile } from './head-file.js';
import { recordInserter } from './insert-records.js';
import { Recording } from './recording.js';
import { sealPlace } from './seal.js';
import { Turns } from './turns.js';

export interface AuditTrailParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly clock: Clock;
  readonly log: Log;
  /** Account whose trail holds what nobody can be named for, and what the server does by itself. */
  readonly accountId: string;
  /** Tells how far the trail went, outside of the database; absent: nothing does. */
  readonly headFile?: string | undefined;
}

/** The writing end of the audit trail; one a database. ADR 19 says how it works. */
export interface AuditTrail {
  readonly accountId: string;
  /** To be given to {@link with}, or to {@link finish}. */
  begin(entry: () => AuditEntry | undefined): Recording;
  /** Writes these in the transaction that it is given to, those that are not written yet. */
  with(recordings: readonly Recording[]): Companion;
  /** Writes it unless it is written. Durable when it resolves. @throws when it cannot be written */
  finish(recording: Recording): Promise<void>;
  /** Durable when it resolves. */
  record(entry: AuditEntry): Promise<void>;
  /**
   * Writes it soon, and is not waited for: refusals. Of those whose caller is not known only so many a second are kept, and the
   * others counted.
   */
  note(entry: AuditEntry, caller: 'known' | 'unknown'): void;
  /** A transaction of somebody's own with this record in it. */
  transact<T>(step: Step<T>, entry: () => AuditEntry): Promise<T>;
  /** The last record that is committed. */
  tail(): Promise<ChainPlace>;
  /** Resolves when nothing waits to be written. */
  idle(): Promise<void>;
  /** Writes what waits, and how far the trail went. */
  close(): Promise<void>;
}

/** Records of one commit, when they come by themselves. */
const GROUP = 512;
/** Records that wait without anybody waiting for them. */
const MAX_NOTES = 5000;
const STRANGERS_PER_SECOND = 20;
const STRANGERS_AT_ONCE = 500;
const HEAD_EVERY_MS = 1000;
const SUMMARY_AFTER_MS = 1000;

interface Waiting {
  readonly recording: Recording;
  resolve(): void;
  reject(error: unknown): void;
}

export function openAuditTrail({ db, ring, clock, log, accountId, headFile }: AuditTrailParts): AuditTrail {
  const insert = recordInserter(db);
  const turns = new Turns();
  const flood = new Flood(clock, STRANGERS_PER_SECOND, STRANGERS_AT_ONCE);
  // Unknown at the start, and after a commit of which nobody knows whether it was one.
  let known: ChainPlace | undefined;
  const waiting: Waiting[] = [];
  let draining: Promise<void> | undefined;
  let notes = 0;
  let summary: NodeJS.Timeout | undefined;
  let headTimer: NodeJS.Timeout | undefined;
  let headWriting: Promise<void> = Promise.resolve();
  let closed = false;

  function withRecordings(recordings: readonly Recording[]): Companion {
    let mine: readonly Recording[] = [];
    let last: ChainPlace | undefined;
    let turn = false;
    return {
      async write(transaction) {
        mine = recordings.filter(({ state }) => state === 'open');
        if (mine.length === 0) return;
        for (const recording of mine) recording.state = 'claimed';
        const facts = mine.flatMap((recording) => {
          const entry = recording.entry();
          return entry === undefined ? [] : [factsOf(entry)];
        });
        last = undefined;
        if (facts.length === 0) return;
        // From here to the end of the commit nobody else may write: the next record names this one's hash.
        await turns.take();
        turn = true;
        const rows = sealed(chainOn(known ?? (await readTail(transaction, ring)), facts));
        await insertRows(transaction, rows);
        last = rows.at(-1);
      },
      over(how) {
        for (const recording of mine) recording.state = how === 'committed' ? 'written' : 'open';
        mine = [];
        if (!turn) return;
        turn = false;
        if (how === 'committed' && last) {
          known = { seq: last.seq, hash: last.hash };
          headChanged();
        } else if (how === 'unknown') known = undefined;
        turns.pass();
      },
    };
  }

  async function insertRows(transaction: DatabaseTransaction, rows: readonly AuditTable[]): Promise<void> {
    try {
      await insert(transaction, rows);
    } catch (error) {
      // A commit that was given up for lost came after all: look where the trail ends, and run the transaction again.
      if (isTaken(error) && known !== undefined) {
        known = undefined;
        throw Object.assign(new Error('the audit trail went on meanwhile', { cause: error }), { code: '40001' });
      }
      throw error;
    }
  }

  const sealed = (records: readonly (Omit<AuditTable, 'seal'> & ChainPlace)[]): readonly AuditTable[] =>
    records.map((record, i) => ({
      ...record,
      seal: i === records.length - 1 ? sealPlace(ring, 'record', record) : '',
    }));

  function write(recording: Recording): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      waiting.push({ recording, resolve, reject });
      draining ??= drain();
    });
  }

  async function drain(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const group = waiting.splice(0, GROUP);
      try {
        await transact(db, async () => undefined, withRecordings(group.map(({ recording }) => recording)));
        for (const each of group) each.resolve();
      } catch (error) {
        for (const each of group) each.reject(error);
      }
    }
    draining = undefined;
  }

  function summarise(): void {
    clearTimeout(summary);
    summary = undefined;
    const count = flood.takeLeft();
    if (count === 0) return;
    const entry = serverEntry('audit:LeftOut', 'Allowed', { records: count });
    write(new Recording(() => entry)).catch(lost);
  }

  const lost = (error: unknown): void => log.error({ err: error }, 'an audit record could not be written');

  const serverEntry = (
    action: string,
    outcome: AuditEntry['outcome'],
    detail: NonNullable<AuditEntry['detail']>,
  ): AuditEntry => ({ at: clock.now(), accountId, principal: 'server', action, outcome, detail });

  function headChanged(): void {
    if (headFile === undefined || closed || headTimer !== undefined) return;
    headTimer = setTimeout(() => {
      headTimer = undefined;
      writeHead();
    }, HEAD_EVERY_MS);
    headTimer.unref();
  }

  function writeHead(): void {
    headWriting = headWriting.then(async () => {
      const place = known;
      if (headFile === undefined || place === undefined) return;
      // Known as soon as it is committed. Were power lost before that is on disk, the file would tell of records cut off.
      await lateDurability(db)?.settle();
      await writeHeadFile(headFile, ring, place);
    });
    headWriting = headWriting.catch((error: unknown) => {
      log.error({ err: error, file: headFile }, 'how far the audit trail went could not be written down');
    });
  }

  async function idle(): Promise<void> {
    while (draining) await draining;
  }

  return {
    accountId,
    begin: (entry) => new Recording(entry),
    with: withRecordings,
    async finish(recording) {
      if (!recording.written) await write(recording);
    },
    record: (entry) => write(new Recording(() => entry)),
    note(entry, caller) {
      const room = caller === 'known' || flood.admit();
      if (room && notes < MAX_NOTES) {
        notes += 1;
        write(new Recording(() => entry))
          .catch(lost)
          .finally(() => {
            notes -= 1;
          });
        return;
      }
      if (room) flood.leaveOut();
      summary ??= setTimeout(summarise, SUMMARY_AFTER_MS);
      summary.unref();
    },
    transact: (step, entry) => transact(db, step, withRecordings([new Recording(entry)])),
    tail: async () => known ?? readTail(db, ring),
    idle,
    async close() {
      summarise();
      await idle();
      closed = true;
      clearTimeout(headTimer);
      known ??= await readTail(db, ring).catch(() => undefined);
      writeHead();
      await headWriting;
    },
  };
}

/** Where the trail ends: the last record, or what was pruned last. */
export async function readTail(db: Queryable, ring: KeyRing): Promise<ChainPlace> {
  const row = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  return row ?? (await readBase(db, ring)).place;
}

/** Two records with one number. */
function isTaken(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === '23505' || (typeof message === 'string' && message.includes('UNIQUE constraint failed: audit.seq'));
}
