import { DatabaseFull, DatabaseUnavailable } from './database-errors.js';

/** Primary result codes (sqlite.org/rescode.html). */
const READONLY = 8;
const IO_ERROR = 10;
const FULL = 13;
const CANNOT_OPEN = 14;

/** What SQLite threw, told apart by what can be done about it: the disk's faults pass, a statement's do not. */
export function describeSqliteError(error: unknown): unknown {
  const code = (error as { errcode?: unknown }).errcode;
  if (!(error instanceof Error) || typeof code !== 'number') return error;
  // The upper bits say which file and which call.
  const primary = code & 0xff;
  if (primary === FULL) return new DatabaseFull(error);
  if ([READONLY, IO_ERROR, CANNOT_OPEN].includes(primary)) {
    return new DatabaseUnavailable(`the database cannot be read or written: ${error.message} (${code})`, {
      cause: error,
    });
  }
  return error;
}
