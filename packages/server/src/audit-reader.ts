import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { type AuditLine, type AuditRequest, answerAudit } from './audit/audit-request.js';
import type { ServerConfig } from './config.js';
import { DatabaseUnusable } from './db/database-errors.js';
import { openDatabase } from './db/open-database.js';
import { askLocalServer } from './http/ask-local-server.js';
import { KeyRingUnusable, readKeyRing } from './keys/key-ring-file.js';
import { serverLog } from './log.js';

/** The trail cannot be read; the message is one line for the operator. */
export class AuditRefused extends Error {
  override readonly name = 'AuditRefused';
}

/**
 * Asks the server that runs on the data directory, or the database itself when none does.
 * @throws {AuditRefused}
 */
export async function* readAudit(
  config: ServerConfig,
  asked: AuditRequest,
  signal: AbortSignal,
): AsyncGenerator<AuditLine> {
  const data = resolve(config.data);
  const path = `/audit?ask=${encodeURIComponent(JSON.stringify(asked))}`;
  const response = await askLocalServer(data, 'GET', path, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new AuditRefused(`the server cannot be asked: ${String(error)}`);
  });
  if (!response) return yield* fromDatabase(config, data, asked);
  if (response.statusCode !== 200) throw new AuditRefused(`the server refused: ${(await text(response)).trim()}`);
  for await (const each of createInterface({ input: response })) {
    const line = JSON.parse(each) as AuditLine;
    yield line;
    if ('end' in line) return;
  }
  throw new AuditRefused('the server went away before the answer was whole');
}

async function* fromDatabase(config: ServerConfig, data: string, asked: AuditRequest): AsyncGenerator<AuditLine> {
  if (config.database === 'sqlite') {
    const file = join(data, 'sluice.db');
    // Opening would make one.
    await access(file).catch(() => {
      throw new AuditRefused(`there is no database ${file}; name the data directory of a server with --data`);
    });
  }
  const file = join(data, 'keyring.json');
  const ring = await readKeyRing(file).catch(known);
  if (!ring) throw new AuditRefused(`there is no key ring ${file}; name the data directory of a server with --data`);
  const { db, close } = await openDatabase(config, data, serverLog('silent')).catch(known);
  try {
    yield* answerAudit({ db, ring, data }, asked);
  } finally {
    await close();
  }
}

function known(error: unknown): never {
  throw error instanceof DatabaseUnusable || error instanceof KeyRingUnusable ? new AuditRefused(error.message) : error;
}
