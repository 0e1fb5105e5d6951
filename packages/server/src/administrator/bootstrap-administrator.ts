import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { recordAct } from '../audit/operator-acts.js';
import { withStoppedTrail } from '../audit/stopped-trail.js';
import type { ServerConfig } from '../config.js';
import { DatabaseUnusable } from '../db/database-errors.js';
import { openDatabase } from '../db/open-database.js';
import { askLocalServer } from '../http/ask-local-server.js';
import { findInstallation } from '../installation.js';
import { KeyRingUnusable } from '../keys/key-ring-file.js';
import { serverLog } from '../log.js';
import { systemClock, systemRandom } from '../runtime-system.js';
import { administratorRequest } from './administrator-commands.js';
import {
  type AdministratorKey,
  type AdministratorOptions,
  AdministratorRefused,
  BOOTSTRAP,
  makeAdministrator,
} from './make-administrator.js';

const TIMEOUT_MS = 30_000;

/**
 * Makes an administrator of an installation: the server that runs on the data directory does it, or this process when none
 * runs there.
 * @throws {AdministratorRefused} no installation there, in use by another machine, or what {@link makeAdministrator} refuses
 */
export async function bootstrapAdministrator(
  config: ServerConfig,
  options: AdministratorOptions,
): Promise<AdministratorKey> {
  const data = resolve(config.data);
  return (await byServer(data, options)) ?? (await byThisProcess(config, data, options));
}

async function byServer(data: string, options: AdministratorOptions): Promise<AdministratorKey | undefined> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await askLocalServer(data, 'POST', administratorRequest(options), signal);
    if (!response) return undefined;
    const body = await text(response);
    if (response.statusCode === 200) return JSON.parse(body) as AdministratorKey;
    throw new AdministratorRefused(body.trim(), response.statusCode === 400);
  } catch (error) {
    if (error instanceof AdministratorRefused) throw error;
    throw new AdministratorRefused(`the server cannot be asked: ${String(error)}`);
  }
}

async function byThisProcess(
  config: ServerConfig,
  data: string,
  options: AdministratorOptions,
): Promise<AdministratorKey> {
  if (config.database === 'sqlite') {
    const file = join(data, 'sluice.db');
    // Opening would make one.
    await access(file).catch(() => {
      throw new AdministratorRefused(
        `there is no database ${file}; start the server first, or name its data directory with --data`,
      );
    });
  }
  const { db, close } = await openDatabase(config, data, serverLog('silent')).catch((error: unknown) => {
    throw error instanceof DatabaseUnusable ? new AdministratorRefused(error.message) : error;
  });
  try {
    const installation = await findInstallation(db);
    if (!installation) throw new AdministratorRefused('no server has been started with these settings yet');
    const { accountId } = installation;
    const { user, replace } = options;
    const act = { action: BOOTSTRAP, detail: { user, replace: String(replace) } };
    return await withStoppedTrail({ db, data, accountId }, async ({ keeper: { ring }, audit }) => {
      const parts = { db, ring, clock: systemClock, random: systemRandom, accountId };
      return recordAct({ audit, clock: systemClock }, act, (note) => makeAdministrator(parts, options, note));
    });
  } catch (error) {
    throw error instanceof KeyRingUnusable ? new AdministratorRefused(error.message) : error;
  } finally {
    await close();
  }
}
