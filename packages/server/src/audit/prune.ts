import type { Database } from '../db/schema.js';
import type { KeyRing } from '../keys/key-ring.js';
import type { Clock, Log } from '../runtime.js';
import { readBase, writeBase } from './base.js';
import type { AuditTrail } from './trail.js';

export interface PruneParts {
  readonly db: Database;
  readonly ring: KeyRing;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  readonly log: Log;
  /** Records older than this go, milliseconds; `undefined`: none ever. */
  readonly keepMs: number | undefined;
}

const EVERY_MS = 3600_000;
/** Records of one transaction: others get their turn in between. */
const AT_ONCE = 5000;

/** Lets old records go, every hour. */
export interface Pruning {
  /** @returns how many records went */
  run(): Promise<number>;
  stop(): Promise<void>;
}

export function pruning(parts: PruneParts): Pruning {
  const { db, ring, log } = parts;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;
  const run = async (): Promise<number> => {
    let gone = 0;
    if (parts.keepMs !== undefined) {
      const before = parts.clock.now() - parts.keepMs;
      while (!stopped) {
        const some = await pruneSome(parts, before);
        gone += some;
        if (some < AT_ONCE) break;
      }
    }
    // A key is let go in time; what it sealed has to be sealed anew before.
    const base = await readBase(db, ring);
    if (base.seal === 'good' && base.place.seq > 0) await writeBase(db, ring, base.place);
    return gone;
  };
  const inTurn = (): Promise<number> => {
    const mine = running.then(run);
    running = mine.catch((error: unknown) => log.error({ err: error }, 'old audit records could not be let go'));
    return mine;
  };
  const timer = setInterval(() => void inTurn().catch(() => undefined), EVERY_MS);
  timer.unref();
  return {
    run: inTurn,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * What is kept has no gap: records go from the first one on, up to the first that is young enough. Their number and the hash of
 * the last are recorded, and sealed as the new beginning.
 */
async function pruneSome({ db, ring, trail, clock }: PruneParts, before: number): Promise<number> {
  const base = (await readBase(db, ring)).place.seq;
  const young = await db
    .selectFrom('audit')
    .select('seq')
    .where('at', '>=', before)
    .orderBy('seq')
    .limit(1)
    .executeTakeFirst();
  const end = young ? young.seq - 1 : (await trail.tail()).seq;
  const upTo = Math.min(end, base + AT_ONCE);
  const last = await db.selectFrom('audit').select(['seq', 'hash']).where('seq', '=', upTo).executeTakeFirst();
  if (!last) return 0;
  await trail.transact(
    async (transaction) => {
      await transaction.deleteFrom('audit').where('seq', '<=', upTo).execute();
      await writeBase(transaction, ring, last);
    },
    () => ({
      at: clock.now(),
      accountId: trail.accountId,
      principal: 'server',
      action: 'audit:Prune',
      outcome: 'Allowed',
      detail: { from: base + 1, upTo, hash: last.hash },
    }),
  );
  return upTo - base;
}
