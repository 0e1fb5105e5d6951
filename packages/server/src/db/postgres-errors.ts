import { DatabaseUnavailable } from './database-errors.js';

/**
 * SQLSTATE classes of a database that is away, starting, stopping, out of connections or out of disk, and 57014, which is a
 * statement that took longer than allowed.
 */
const AWAY = /^(08...|57P0.|57014|53...|58030|25P03|25006)$/;

/** Whether what PostgreSQL or the way to it said is no fault of the statement, and passes. */
export function isAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  const { code, message = '', syscall } = error as { code?: unknown; message?: string; syscall?: unknown };
  if (typeof code === 'string' && AWAY.test(code)) return true;
  return syscall !== undefined || LOST.test(message);
}

/** What the driver says without a code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout exceeded|timeout expired|Cannot use a pool|The server does not support SSL)/;

/** Whether the connection is of no use any more. A statement that was refused leaves it as good as it was. */
export function endsConnection(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code)) {
    return /^(08...|57P0[123]|25P03)$/.test(code);
  }
  return isAway(error);
}

/** One line; the driver's messages hold no password. */
export const reasonOf = (error: unknown): string => {
  const { message, code } = error as { message?: string; code?: unknown };
  return (message || String(code ?? error)).replace(/\s*\n\s*/g, ' ');
};
