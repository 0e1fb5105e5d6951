import { join } from 'node:path';
import { CommandRefused } from './command-refused.js';
import type { ServerConfig } from './config.js';
import { serverLog } from './log.js';
import { GroupCommit } from './oss/catalog/group-commit.js';
import { Leases } from './oss/leases.js';
import { Reaper } from './oss/reaper.js';
import { StorageUnreadable } from './oss/scrub/scrub-pass.js';
import type { ScrubReport } from './oss/scrub/scrub-report.js';
import { Scrubber, type ScrubOptions } from './oss/scrub/scrubber.js';
import { Strays } from './oss/strays.js';
import { systemClock, systemRandom } from './runtime-system.js';
import { openStoppedServer } from './stopped-server.js';
import { openStorage, StorageUnusable } from './storage.js';

/**
 * Scrubs the storage of a server that does not run: opens the database itself, and nobody else can meanwhile.
 * @throws {CommandRefused} no database there, in use, damaged; or the signal's reason
 */
export async function scrubStopped(config: ServerConfig, options: ScrubOptions): Promise<ScrubReport> {
  const { db, data, installation, close } = await openStoppedServer(config);
  const log = serverLog('silent');
  const commits = new GroupCommit(db);
  try {
    const engine = await openStorage({
      config,
      db,
      accountId: installation.accountId,
      directory: join(data, 'objects'),
      random: systemRandom,
      log,
    }).catch((error: unknown) => {
      throw error instanceof StorageUnusable ? new CommandRefused(error.message) : error;
    });
    const leases: Leases = new Leases(() => {});
    const reaper = new Reaper({ db, engine, commits, leases, log });
    const strays = new Strays(log);
    const rooms = { db, engine, commits, leases, strays, wake: () => reaper.wake(), clock: systemClock, log };
    const scrubber = new Scrubber(rooms);
    try {
      return await scrubber.run(options);
    } catch (error) {
      options.signal.throwIfAborted();
      throw error instanceof StorageUnreadable ? new CommandRefused(error.message) : error;
    } finally {
      await scrubber.stop();
      reaper.wake();
      await reaper.idle();
      await reaper.stop();
    }
  } finally {
    await commits.idle();
    await close();
  }
}
