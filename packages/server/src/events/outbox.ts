import type { AuditEntry } from '../audit/entry.js';
import type { AuditTrail } from '../audit/trail.js';
import { lateDurability } from '../db/late-durability.js';
import type { Database, OutboxTable, Queryable } from '../db/schema.js';
import type { Clock, Log, Random } from '../runtime.js';
import type { Deliver } from './http-callback.js';

export interface Outbox {
  /** Adds an event in the transaction of what it tells of; without a configured callback it is not kept. */
  add(db: Queryable, event: { type: string; body: object }): Promise<void>;
  /** Delivers what is due, soon. */
  wake(): void;
  /** Stops taking up deliveries and waits for those under way. What is left is delivered after the next start. */
  stop(): Promise<void>;
}

type Event = Pick<OutboxTable, 'event_id' | 'event_type' | 'url' | 'body' | 'attempts'>;

interface Due {
  readonly event: Event;
  /** Its media: events of one go one after the other. */
  readonly line: string;
}

/** Attempts and the time between them. Reference: vod 5. */
const MAX_ATTEMPTS = 3;
const RETRY_AFTER_MS = 1000;
const BATCH = 100;
/** Deliveries under way at a time: a receiver that takes a second must not mean one event a second. */
const AT_ONCE = 16;
/** Events in memory that wait for one of their media: a media that was stored so often may hold up others after all. */
const MOST_WAITING = 1000;
/** Events that were given up stay for an operator to look at; delivered ones leave at once: each look reads the table. */
const ABANDONED_KEPT_MS = 7 * 24 * 3600_000;
const TIDY_EVERY_MS = 3600_000;

/**
 * Events wait in a table until the receiver has said 200: at least once, several at a time, begun in the order they fell
 * due. Those of one media go one after the other; one that gets no answer holds up no other media.
 * @param url the configured callback; `undefined` = events are not delivered
 * @param audit where what became of an event is recorded
 */
export function outbox(
  db: Database,
  url: string | undefined,
  deliver: Deliver,
  clock: Clock,
  random: Random,
  log: Log,
  audit?: AuditTrail,
): Outbox {
  /** Read as due, and not begun yet. */
  const waiting: Due[] = [];
  /** What is on its way, by the media it is of. */
  const underWay = new Map<string, Due & { readonly ended: Promise<void> }>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let added = 0;
  let tidyAt = Number.NEGATIVE_INFINITY;

  /** Ids of one millisecond sort as they were given out. */
  function nextId(now: number): string {
    added = (added + 1) % 2 ** 32;
    const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0');
    return hex(now, 12) + hex(added, 8) + Buffer.from(random.bytes(6)).toString('hex');
  }

  function schedule(delayMs: number): void {
    if (stopped || url === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      // Woken in the middle of a look, which may have read the table already: look once more after it.
      if (running) {
        again = true;
        return;
      }
      running = look().finally(() => {
        running = undefined;
        if (again) schedule(0);
        again = false;
      });
    }, delayMs);
  }

  /** Begins what is due, as far as there is room; whoever ends makes room and begins more. */
  async function look(): Promise<void> {
    try {
      fill();
      if (stopped || !room()) return;
      await tidy();
      const now = clock.now();
      const taken = new Set([...waiting, ...underWay.values()].map(({ event }) => event.event_id));
      const due = await pending()
        // No event waits longer than that: the clock was set back, and nobody is to wait until it is there again.
        .where((e) => e.or([e('next_attempt_at', '<=', now), e('next_attempt_at', '>', now + RETRY_AFTER_MS)]))
        .limit(BATCH + taken.size)
        .execute();
      const fresh = due.filter(({ event_id }) => !taken.has(event_id));
      // They are seen as soon as they are committed. Were power lost before that is on disk, the receiver knew of what never was.
      if (fresh.length > 0) await lateDurability(db)?.settle();
      waiting.push(...fresh.map((event) => ({ event, line: mediaOf(event) ?? event.event_id })));
      fill();
      // All that was read is of media that are on their way: others may come behind it.
      if (fresh.length >= BATCH && room()) return schedule(0);
      const next = await pending().where('next_attempt_at', '>', now).executeTakeFirst();
      // Whoever asked for a look in the meantime wants it now.
      if (next && timer === undefined)
        schedule(Math.min(RETRY_AFTER_MS, Math.max(0, next.next_attempt_at - clock.now())));
    } catch (error) {
      log.error({ error: String(error) }, 'event delivery failed, trying again');
      schedule(5_000);
    }
  }

  const room = (): boolean => underWay.size < AT_ONCE && waiting.length < MOST_WAITING;

  function fill(): void {
    while (!stopped && underWay.size < AT_ONCE) {
      const at = waiting.findIndex(({ line }) => !underWay.has(line));
      const [next] = at < 0 ? [] : waiting.splice(at, 1);
      if (!next) return;
      begin(next);
    }
  }

  function begin(next: Due): void {
    const attempted = attempt(next.event).then(
      () => 0,
      (error: unknown) => {
        log.error({ error: String(error) }, 'event delivery failed, trying again');
        return 5_000;
      },
    );
    const ended = attempted.then((lookAfterMs) => {
      underWay.delete(next.line);
      fill();
      if (room()) schedule(lookAfterMs);
    });
    underWay.set(next.line, { ...next, ended });
  }

  async function tidy(): Promise<void> {
    const now = clock.now();
    if (now < tidyAt) return;
    tidyAt = now + TIDY_EVERY_MS;
    await db
      .deleteFrom('outbox')
      .where((e) => e.or([e('delivered_at', 'is not', null), e('abandoned_at', '<', now - ABANDONED_KEPT_MS)]))
      .execute();
  }

  const pending = () =>
    db
      .selectFrom('outbox')
      .selectAll()
      .where('delivered_at', 'is', null)
      .where('abandoned_at', 'is', null)
      .orderBy('next_attempt_at')
      .orderBy('created_at')
      .orderBy('event_id');

  async function attempt(event: Event): Promise<void> {
    const failure = await deliver(event.url, event.body);
    const attempts = event.attempts + 1;
    const now = clock.now();
    const over = failure === undefined || attempts >= MAX_ATTEMPTS;
    const store = async (queryable: Queryable): Promise<void> => {
      if (failure === undefined) {
        await queryable.deleteFrom('outbox').where('event_id', '=', event.event_id).execute();
        return;
      }
      const next = over ? { abandoned_at: now } : { next_attempt_at: now + RETRY_AFTER_MS };
      await queryable
        .updateTable('outbox')
        .set({ attempts, last_error: failure, ...next })
        .where('event_id', '=', event.event_id)
        .execute();
    };
    if (audit && over) {
      await audit.transact(store, () =>
        eventEntry({ ...event, attempts }, { now, failure, accountId: audit.accountId }),
      );
    } else await store(db);
    const fields = { eventId: event.event_id, type: event.event_type, attempts, failure };
    if (failure === undefined) log.debug(fields, 'event delivered');
    else log.warn(fields, over ? 'event abandoned' : 'event not delivered, trying again');
  }

  return {
    async add(queryable, event) {
      if (url === undefined) return;
      const now = clock.now();
      await queryable
        .insertInto('outbox')
        .values({
          event_id: nextId(now),
          event_type: event.type,
          url,
          body: JSON.stringify(event.body),
          attempts: 0,
          next_attempt_at: now,
          created_at: now,
          delivered_at: null,
          abandoned_at: null,
          last_error: null,
        })
        .execute();
    },
    wake: () => schedule(0),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
      await Promise.all([...underWay.values()].map((one) => one.ended));
    },
  };
}

function mediaOf({ body }: Event): string | undefined {
  const { VideoId, ImageId, AttachedMediaId } = JSON.parse(body) as Record<string, unknown>;
  const media = VideoId ?? ImageId ?? AttachedMediaId;
  return typeof media === 'string' ? media : undefined;
}

/** What became of an event: told once, when it is over. */
function eventEntry(
  event: Event,
  { now, failure, accountId }: { now: number; failure: string | undefined; accountId: string },
): AuditEntry {
  return {
    at: now,
    accountId,
    principal: 'server',
    action: failure === undefined ? 'event:Delivered' : 'event:Abandoned',
    outcome: failure === undefined ? 'Allowed' : 'Failed',
    mediaId: mediaOf(event),
    // The rest of an address may hold a key.
    detail: {
      eventId: event.event_id,
      type: event.event_type,
      to: new URL(event.url).origin,
      attempts: event.attempts,
      failure,
    },
  };
}
