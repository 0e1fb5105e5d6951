import { chmodSync } from 'node:fs';
import { DatabaseSync } from '@photostructure/sqlite';
import { CompiledQuery, Kysely, SqliteDialect } from 'kysely';
import { DatabaseFull, DatabaseInUse, DatabaseUnavailable, DatabaseUnusable } from './database-errors.js';
import { giveLateDurability, LogSync } from './late-durability.js';
import { isOfAnotherVersion, migrate } from './migrate.js';
import type { Database, Schema } from './schema.js';
import { describeSqliteError } from './sqlite-errors.js';
import { type WriteWatch, watchedDialect } from './watched-dialect.js';

type Connection = InstanceType<typeof DatabaseSync>;

/**
 * Opens (or creates) the SQLite database, checks it and brings it to the newest schema.
 * A commit is on disk when it returns, or when it was settled (see {@link LogSync}).
 *
 * @param file path, or `:memory:`
 * @param watch told of what is written
 * @throws {DatabaseUnusable} when the file is damaged, locked by another server, of a newer version or not ours, or its disk is full
 */
export async function openSqlite(file: string, watch?: WriteWatch): Promise<Database> {
  let connection: Connection | undefined;
  const log = file === ':memory:' ? undefined : new LogSync(file);
  try {
    connection = new DatabaseSync(file);
    // The write-ahead log takes its mode from the file.
    if (file !== ':memory:') chmodSync(file, 0o600);
    connection.exec('PRAGMA busy_timeout=2000');
    // One server a database: a second one fails at once instead of corrupting what the first holds in memory.
    connection.exec('PRAGMA locking_mode=EXCLUSIVE');
    connection.exec('PRAGMA journal_mode=WAL');
    connection.exec(`PRAGMA synchronous=${log ? 'NORMAL' : 'FULL'}`);
    connection.exec('PRAGMA foreign_keys=ON');
    const check = connection.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
    if (check?.quick_check !== 'ok') throw new Error(check?.quick_check ?? 'quick_check gave no answer');
    if (log) beginLogAnew(connection);
  } catch (error) {
    if (connection) closeConnection(connection);
    throw unusable(file, error);
  }
  const dialect = new SqliteDialect({ database: kyselyFace(connection, log) });
  const db = new Kysely<Schema>({ dialect: watch ? watchedDialect(dialect, watch) : dialect });
  try {
    await migrate(db);
  } catch (error) {
    await db.destroy();
    throw unusable(file, error);
  }
  if (log) giveLateDurability(db, log);
  return db;
}

/**
 * What a crash left in the log is written to the database, and the log begins anew. It is read from the memory of the system,
 * and need not be on disk: when a sync failed before, all that follows in the same log would be lost with what is missing
 * there, though later syncs succeed.
 */
function beginLogAnew(connection: Connection): void {
  try {
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Objects can be read and deleted on a full disk.
    if (!(describeSqliteError(error) instanceof DatabaseFull)) throw error;
  }
}

function unusable(file: string, error: unknown): DatabaseUnusable {
  const reason = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ');
  if (/locked|busy/i.test(reason)) return new DatabaseInUse(`database ${file}`);
  const told = describeSqliteError(error);
  if (told instanceof DatabaseFull) {
    return new DatabaseUnusable(`no space is left for the database ${file}: make some, and start again`);
  }
  if (told instanceof DatabaseUnavailable || (error instanceof Error && 'syscall' in error)) {
    return new DatabaseUnusable(`the database ${file} cannot be read or written: ${reason}`);
  }
  if (isOfAnotherVersion(error)) {
    return new DatabaseUnusable(
      `the database ${file} was made by a newer version of Sluice: start that one (${reason}). Nothing was changed`,
    );
  }
  return new DatabaseUnusable(
    `the database ${file} is damaged or not a Sluice database (${reason}); restore a backup or choose another --data directory`,
  );
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
function kyselyFace(connection: Connection, log: LogSync | undefined) {
  const faces = new Map<string, ReturnType<typeof statementFace>>();
  // SQLite undoes a transaction by itself when the disk fails; undoing it again would hide the reason.
  const rollback = {
    ...statementFace(connection.prepare('rollback')),
    run: () => {
      log?.rolledBack();
      if (connection.isTransaction) connection.exec('rollback');
      return { changes: 0, lastInsertRowid: 0 };
    },
  };
  return {
    close: () => {
      log?.close();
      closeConnection(connection);
    },
    prepare(sql: string) {
      if (sql === 'rollback') return rollback;
      let face = faces.get(sql);
      if (!face) {
        face = logged(sql, statementFace(connection.prepare(sql)), connection, log);
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
    all: (parameters: readonly unknown[]) => told(() => statement.all(...whole(parameters))),
    run: (parameters: readonly unknown[]) => told(() => statement.run(...whole(parameters))),
    iterate: (parameters: readonly unknown[]) => statement.iterate(...whole(parameters)),
  };
}

/** The binding would cut a text at NUL, silently, and find what another text names. PostgreSQL refuses such texts too. */
function whole(parameters: readonly unknown[]): Value[] {
  for (const value of parameters) {
    if (typeof value === 'string' && value.includes('\0')) throw new RangeError('a text for the database holds NUL');
  }
  return parameters as Value[];
}

const CHANGES = /^\s*(?:commit|insert|update|delete|replace|create|alter|drop)\b/i;

/** A statement that commits, `commit` or a change outside of a transaction, is followed by what makes it durable. */
function logged(
  sql: string,
  face: ReturnType<typeof statementFace>,
  connection: Connection,
  log: LogSync | undefined,
): ReturnType<typeof statementFace> {
  if (!log) return face;
  if (/^\s*begin\b/i.test(sql)) {
    return {
      ...face,
      run: (parameters) => {
        log.begin();
        return face.run(parameters);
      },
    };
  }
  if (!CHANGES.test(sql)) return face;
  const then = <T>(result: T): T => {
    if (!connection.isTransaction) log.committed();
    return result;
  };
  return { ...face, all: (parameters) => then(face.all(parameters)), run: (parameters) => then(face.run(parameters)) };
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
