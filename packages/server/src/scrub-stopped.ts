import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ServerConfig } from './config.js';
import { DatabaseUnusable } from './db/database-errors.js';
import { openDatabase } from './db/open-database.js';
import { findInstallation } from './installation.js';
import { serverLog } from './log.js';
import { GroupCommit } from './oss/catalog/group-commit.js';
import { Leases } from './oss/leases.js';
import { Reaper } from './oss/reaper.js';
import { StorageUnreadable } from './oss/scrub/scrub-pass.js';
import type { ScrubReport } from './oss/scrub/scrub-report.js';
import { Scrubber, type ScrubOptions } from './oss/scrub/scrubber.js';
import { Strays } from './oss/strays.js';
import { systemClock, systemRandom } from './runtime-system.js';
import { openStorage, StorageUnusable } from './storage.js';

/** A scrub cannot be made or came to no end; the message is one line for the operator. */
export class ScrubRefused extends Error {
  override readonly name = 'ScrubRefused';
}

/**
 * Scrubs the storage of a server that does not run: opens the database itself, and nobody else can meanwhile.
 * @throws {ScrubRefused} no database there, in use, damaged; or the signal's reason
 */
export async function scrubStopped(config: ServerConfig, options: ScrubOptions): Promise<ScrubReport> {
  const data = resolve(config.data);
  if (config.database === 'sqlite') {
    const file = join(data, 'sluice.db');
    // Opening would make one.
    await access(file).catch(() => {
      throw new ScrubRefused(`there is no database ${file}; name the data directory of a server with --data`);
    });
  }
  const log = serverLog('silent');
  const { db, close } = await openDatabase(config, data, log).catch((error: unknown) => {
    throw error instanceof DatabaseUnusable ? new ScrubRefused(error.message) : error;
  });
  const commits = new GroupCommit(db);
  try {
    const installation = await findInstallation(db);
    if (!installation) throw new ScrubRefused('no server has been started with these settings yet');
    const engine = await openStorage({
      config,
      db,
      accountId: installation.accountId,
      directory: join(data, 'objects'),
      random: systemRandom,
      log,
    }).catch((error: unknown) => {
      throw error instanceof StorageUnusable ? new ScrubRefused(error.message) : error;
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
      throw error instanceof StorageUnreadable ? new ScrubRefused(error.message) : error;
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
