import { noCompanion } from '../../db/companion.js';
import type { Database } from '../../db/schema.js';
import { transact } from '../../db/transact.js';
import type { Clock, Log } from '../../runtime.js';

/** When access keys were used last. Every request of a long-lived key tells, so it is gathered in memory first. */
export interface KeyUsage {
  /** A signature of this key was verified just now. */
  note(accessKeyId: string): void;
  /** @returns milliseconds; `undefined`: never */
  lastUsed(accessKeyId: string): Promise<number | undefined>;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  /** The last flush; to be called when nothing is verified any more. */
  stop(): Promise<void>;
}

const FLUSH_MS = 30_000;

export function keyUsage({ db, clock, log }: { db: Database; clock: Clock; log: Log }): KeyUsage {
  let gathered = new Map<string, number>();
  let running: Promise<void> = Promise.resolve();

  async function write(): Promise<void> {
    if (gathered.size === 0) return;
    const now = gathered;
    try {
      await transact(
        db,
        async (transaction) => {
          for (const [id, at] of now) {
            await transaction
              .updateTable('access_keys')
              .set({ last_used_at: at })
              .where('access_key_id', '=', id)
              .where((e) => e.or([e('last_used_at', 'is', null), e('last_used_at', '<', at)]))
              .execute();
          }
        },
        noCompanion,
      );
      // What came meanwhile stays for the next time.
      gathered = new Map([...gathered].filter(([id, at]) => now.get(id) !== at));
    } catch (error) {
      log.error({ err: error }, 'when access keys were used last could not be written');
    }
  }

  const flush = (): Promise<void> => {
    running = running.then(write);
    return running;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();

  return {
    note(accessKeyId) {
      gathered.set(accessKeyId, clock.now());
    },
    async lastUsed(accessKeyId) {
      const row = await db
        .selectFrom('access_keys')
        .select('last_used_at')
        .where('access_key_id', '=', accessKeyId)
        .executeTakeFirst();
      const at = Math.max(row?.last_used_at ?? -1, gathered.get(accessKeyId) ?? -1);
      return at < 0 ? undefined : at;
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}
