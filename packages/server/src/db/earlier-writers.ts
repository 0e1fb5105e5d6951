import { PostgresAdapter, sql } from 'kysely';
import { DatabaseUnavailable } from './database-errors.js';
import type { Database } from './schema.js';

const POLL_MS = 100;
const MOST_POLLS = 200;

/**
 * PostgreSQL goes on with a commit whose client was lost or killed, and may be at it for long: a disk that stalls, a standby
 * that is waited for. Until then nobody sees what it writes. Whoever concludes something from rows that are not there waits
 * here first. Of SQLite there is one connection, in this process: what is not to be seen there never will be.
 *
 * @param signal when it is aborted there is nothing to be concluded any more
 * @returns when no transaction of before has anything left to commit to these tables
 * @throws {DatabaseUnavailable} when one takes too long
 */
export async function earlierWritersOver(db: Database, tables: readonly string[], signal: AbortSignal): Promise<void> {
  if (!(db.getExecutor().adapter instanceof PostgresAdapter)) return;
  let before = await writers(db, tables);
  for (let polls = 0; before.size > 0 && !signal.aborted; polls++) {
    if (polls === MOST_POLLS) throw new DatabaseUnavailable('a transaction of before is still under way');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const now = await writers(db, tables);
    before = new Set([...before].filter((writer) => now.has(writer)));
  }
}

/** Who writes has a lock on the table, which is given back only after the commit can be seen. */
async function writers(db: Database, tables: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ writer: string }>`
    select distinct virtualtransaction as writer from pg_locks
    where locktype = 'relation' and mode = 'RowExclusiveLock'
    and database = (select oid from pg_database where datname = current_database())
    and relation in (
      select oid from pg_class where relnamespace = current_schema()::regnamespace and relname in (${sql.join(tables)})
    )`.execute(db);
  return new Set(rows.map(({ writer }) => writer));
}
