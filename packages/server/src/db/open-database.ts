import { join } from 'node:path';
import type { ServerConfig } from '../config.js';
import type { Log } from '../runtime.js';
import { openPostgres } from './postgres.js';
import { postgresTitle } from './postgres-url.js';
import type { Database } from './schema.js';
import { checkpointSqlite, openSqlite } from './sqlite.js';
import type { WriteWatch } from './watched-dialect.js';

export interface OpenDatabase {
  readonly db: Database;
  /** What it is called in messages. */
  readonly title: string;
  close(): Promise<void>;
}

type DatabaseSettings = Pick<ServerConfig, 'database' | 'databaseSchema' | 'databaseConnections' | 'databaseTimeout'>;

/**
 * The database of the settings: PostgreSQL, or SQLite in the data directory.
 * @param watch told of what is written
 * @throws {DatabaseUnusable}
 */
export async function openDatabase(
  config: DatabaseSettings,
  data: string,
  log: Log,
  watch?: WriteWatch,
): Promise<OpenDatabase> {
  if (config.database === 'sqlite') {
    const file = join(data, 'sluice.db');
    const db = await openSqlite(file, watch);
    const close = async () => {
      await checkpointSqlite(db);
      await db.destroy();
    };
    return { db, title: `database ${file}`, close };
  }
  const db = await openPostgres({
    url: config.database,
    schema: config.databaseSchema,
    connections: config.databaseConnections,
    timeoutMs: config.databaseTimeout * 1000,
    log,
    watch,
  });
  return { db, title: postgresTitle(config.database), close: () => db.destroy() };
}
