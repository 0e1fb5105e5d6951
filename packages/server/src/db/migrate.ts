import { type KyselyPlugin, Migrator } from 'kysely';
import { migrations } from './migrations/index.js';
import type { Database } from './schema.js';

/**
 * Brings a database to the newest schema.
 * @param schema where PostgreSQL keeps the tables
 * @throws whatever was wrong; a database of a newer Sluice is refused unchanged
 */
export async function migrate(db: Database, { plugins = [], schema }: MigrateOptions = {}): Promise<void> {
  const planned = plugins.reduce((each, plugin) => each.withPlugin(plugin), db);
  const migrator = new Migrator({
    db: planned,
    provider: { getMigrations: async () => ({ ...migrations }) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

export interface MigrateOptions {
  readonly plugins?: readonly KyselyPlugin[];
  readonly schema?: string;
}

/** Whether a migration was carried out that this version does not know, as Kysely tells it. */
export const isOfAnotherVersion = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('corrupted migrations');
