import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DatabaseUnusable, openSqlite } from './db/sqlite.js';
import { serverLog } from './log.js';
import { GroupCommit } from './oss/catalog/group-commit.js';
import { openDiskEngine } from './oss/engine/disk/disk-engine.js';
import { Leases } from './oss/leases.js';
import { Reaper } from './oss/reaper.js';
import type { ScrubTally } from './oss/scrub/scrub-pass.js';
import type { ScrubReport } from './oss/scrub/scrub-report.js';
import { Scrubber } from './oss/scrub/scrubber.js';
import { systemClock, systemRandom } from './runtime-system.js';

/** A scrub cannot be made or came to no end; the message is one line for the operator. */
export class ScrubRefused extends Error {
  override readonly name = 'ScrubRefused';
}

export interface ScrubSettings {
  /** The data directory. */
  readonly data: string;
  /** `Infinity` for no limit. */
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
  readonly onProgress: (tally: Readonly<ScrubTally>) => void;
}

/**
 * Scrubs the data directory of a server that does not run: opens the database itself, and nobody else can meanwhile.
 * @throws {ScrubRefused} no database there, in use, damaged; or the signal's reason
 */
export async function scrubStopped({ data, bytesPerSecond, signal, onProgress }: ScrubSettings): Promise<ScrubReport> {
  const directory = resolve(data);
  const file = join(directory, 'sluice.db');
  // Opening would make one.
  await access(file).catch(() => {
    throw new ScrubRefused(`there is no database ${file}; name the data directory of a server with --data`);
  });
  const db = await openSqlite(file).catch((error: unknown) => {
    throw error instanceof DatabaseUnusable ? new ScrubRefused(error.message) : error;
  });
  const log = serverLog('silent');
  const commits = new GroupCommit(db);
  try {
    const engine = await openDiskEngine({ directory: join(directory, 'objects'), random: systemRandom });
    const leases: Leases = new Leases(() => {});
    const reaper = new Reaper({ db, engine, commits, leases, log });
    const rooms = { db, engine, commits, leases, wake: () => reaper.wake(), clock: systemClock, log };
    const scrubber = new Scrubber(rooms);
    try {
      return await scrubber.run({ bytesPerSecond, signal, onProgress });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error instanceof Error && error.name === 'StorageUnreadable' ? new ScrubRefused(error.message) : error;
    } finally {
      await scrubber.stop();
      reaper.wake();
      await reaper.idle();
      await reaper.stop();
    }
  } finally {
    await commits.idle();
    await db.destroy();
  }
}
