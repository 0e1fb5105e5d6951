import { join, resolve } from 'node:path';
import { auditedKeys } from '../audit/audited-keys.js';
import { withStoppedTrail } from '../audit/stopped-trail.js';
import { CommandRefused } from '../command-refused.js';
import type { ServerConfig } from '../config.js';
import { askLocalJson } from '../http/ask-local-json.js';
import { systemClock } from '../runtime-system.js';
import { openStoppedServer } from '../stopped-server.js';
import { LONGEST_TOKEN_MS } from '../sts/sealed-token.js';
import { type KeyState, keyStates } from './key-keeper.js';
import { KeyRingUnusable, readKeyRing } from './key-ring-file.js';

interface Keys {
  readonly keys: readonly KeyState[];
}

/**
 * The keys of a server, newest first; it may run or not.
 * @throws {CommandRefused}
 */
export async function listKeys({ data }: Pick<ServerConfig, 'data'>): Promise<readonly KeyState[]> {
  const answer = await askLocalJson<Keys>(resolve(data), 'GET', '/keys');
  return answer?.keys ?? (await keysOfFile(ringFile(data)));
}

/**
 * Rotates the keys: a running server does it itself; those of a stopped one are rotated in the file, while its database is
 * held, so that no server that is there without being reached writes the same file; the trail tells of it in either case.
 * @returns the keys afterwards, newest first
 * @throws {CommandRefused}
 */
export async function rotateKeys(config: ServerConfig): Promise<readonly KeyState[]> {
  const answer = await askLocalJson<Keys>(resolve(config.data), 'POST', '/keys/rotate');
  if (answer) return answer.keys;
  const { db, data, installation, close } = await openStoppedServer(config);
  try {
    const { accountId } = installation;
    return await withStoppedTrail({ db, data, accountId }, async ({ keeper, audit }) => {
      await auditedKeys(keeper, audit, systemClock).rotate();
      return keeper.list();
    });
  } catch (error) {
    throw refusal(error);
  } finally {
    await close();
  }
}

const ringFile = (data: string): string => join(resolve(data), 'keyring.json');

async function keysOfFile(file: string): Promise<readonly KeyState[]> {
  try {
    const ring = await readKeyRing(file);
    if (!ring) throw new KeyRingUnusable(`there is no key ring ${file}; choose the right --data directory`);
    return keyStates(ring, LONGEST_TOKEN_MS);
  } catch (error) {
    throw refusal(error);
  }
}

/** Disk full, no permission, read-only: the message names the file and the reason. */
function refusal(error: unknown): unknown {
  const known = error instanceof KeyRingUnusable || (error instanceof Error && 'syscall' in error);
  return known ? new CommandRefused((error as Error).message) : error;
}
