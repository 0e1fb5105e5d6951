import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandRefused } from './command-refused.js';
import type { ServerConfig } from './config.js';
import { DatabaseInUse, DatabaseUnusable } from './db/database-errors.js';
import { type OpenDatabase, openDatabase } from './db/open-database.js';
import { controlSocket } from './http/local-control.js';
import { findInstallation, type Installation } from './installation.js';
import { serverLog } from './log.js';

export interface StoppedServer extends OpenDatabase {
  /** Absolute. */
  readonly data: string;
  readonly installation: Installation;
}

/**
 * What belongs to a server that does not run. Nobody else can have it until it is closed: a server that runs, whether its
 * control socket is reached or not, holds its database.
 * @throws {CommandRefused} nothing there, damaged, or in use
 */
export async function openStoppedServer(config: ServerConfig): Promise<StoppedServer> {
  const data = resolve(config.data);
  if (config.database === 'sqlite') {
    const file = join(data, 'sluice.db');
    // Opening would make one.
    await access(file).catch(() => {
      throw new CommandRefused(`there is no database ${file}; name the data directory of a server with --data`);
    });
  }
  const database = await openDatabase(config, data, serverLog('silent')).catch((error: unknown) => {
    if (error instanceof DatabaseInUse) {
      throw new CommandRefused(
        `${error.message}, which does not answer on ${controlSocket(data)}: name its data directory, or stop it first`,
      );
    }
    throw error instanceof DatabaseUnusable ? new CommandRefused(error.message) : error;
  });
  try {
    const installation = await findInstallation(database.db);
    if (!installation) throw new CommandRefused('no server has been started with these settings yet');
    return { ...database, data, installation };
  } catch (error) {
    await database.close();
    throw error;
  }
}
