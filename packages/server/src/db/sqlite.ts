import { chmodSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { DatabaseUnusable } from './database-errors.js';
import { migrate } from './migrate.js';
import type { Database, Schema } from './schema.js';
import { describeSqliteError } from './sqlite-errors.js';
import { type WriteWatch, watchedDialect } from './watched-dialect.js';

type Connection = InstanceType<typeof DatabaseSync>;

/**
 * Opens (or creates) the SQLite database, checks it and brings it to the newest schema.
 * A commit is on disk when it returns (WAL with `synchronous=FULL`).
 *
 * @param file path, or `:memory:`
 * @param watch told of what is written
 * @throws {DatabaseUnusable} when the file is damaged, locked by another server, or not ours
 */
export async function openSqlite(file: string, watch?: WriteWatch): Promise<Database> {
  let connection: Connection | undefined;
  try {
    connection = new DatabaseSync(file);
    // The write-ahead log takes its mode from the file.
    if (file !== ':memory:') chmodSync(file, 0o600);
    connection.exec('PRAGMA busy_timeout=2000');
    // One server a database: a second one fails at once instead of corrupting what the first holds in memory.
    connection.exec('PRAGMA locking_mode=EXCLUSIVE');
    connection.exec('PRAGMA journal_mode=WAL');
    connection.exec('PRAGMA synchronous=FULL');
    connection.exec('PRAGMA foreign_keys=ON');
    const check = connection.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
    if (check?.quick_check !== 'ok') throw new Error(check?.quick_check ?? 'quick_check gave no answer');
  } catch (error) {
    if (connection) closeConnection(connection);
    throw new DatabaseUnusable(describe(file, error));
  }
  const dialect = new SqliteDialect({ database: kyselyFace(connection) });
  const db = new Kysely<Schema>({ dialect: watch ? watchedDialect(dialect, watch) : dialect });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw new DatabaseUnusable(describe(file, error));
  }
  return db;
}

function describe(file: string, error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
  if (/locked|busy/i.test(reason)) return `the database ${file} is in use by another server`;
  return `the database ${file} is damaged or not a Sluice database (${reason}); restore a backup or choose another --data directory`;
}

/**
 * Closes, and gives the file back. The driver cannot finalise statements, and a connection that has some keeps its lock
 * until they are collected; so the lock is given up first. Exclusive locking ends only outside of WAL (sqlite.org
 * /pragma.html#pragma_locking_mode), and takes effect with the next read.
 */
function closeConnection(connection: Connection): void {
  try {
    connection.exec('PRAGMA journal_mode=DELETE; PRAGMA locking_mode=NORMAL; SELECT 1 FROM sqlite_schema');
  } catch {
    // Damaged or locked by another: then there is nothing of ours to give back.
  }
  connection.close();
}

/** Kysely's SQLite dialect expects the better-sqlite3 face of a statement. */
function kyselyFace(connection: Connection) {
  const faces = new Map<string, ReturnType<typeof statementFace>>();
  // SQLite undoes a transaction by itself when the disk fails; undoing it again would hide the reason.
  const rollback = {
    ...statementFace(connection.prepare('rollback')),
    run: () => {
      if (connection.isTransaction) connection.exec('rollback');
      return { changes: 0, lastInsertRowid: 0 };
    },
  };
  return {
    close: () => closeConnection(connection),
    prepare(sql: string) {
      if (sql === 'rollback') return rollback;
      let face = faces.get(sql);
      if (!face) {
        face = statementFace(connection.prepare(sql));
        // Statements are few and fixed; a bound keeps dynamic IN lists from piling up.
        if (faces.size >= 500) faces.clear();
        faces.set(sql, face);
      }
      return face;
    },
  };
}

type Value = null | number | bigint | string | Uint8Array;

function statementFace(statement: ReturnType<Connection['prepare']>) {
  return {
    // Asked for once: it costs more than running a small statement does.
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => told(() => statement.all(...(parameters as Value[]))),
    run: (parameters: readonly unknown[]) => told(() => statement.run(...(parameters as Value[]))),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...(parameters as Value[])),
  };
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw describeSqliteError(error);
  }
}

/** Flushes the write-ahead log into the database file; part of a clean stop. */
export async function checkpointSqlite(db: Database): Promise<void> {
  await db.executeQuery(CompiledQuery.raw('PRAGMA wal_checkpoint(TRUNCATE)'));
}
