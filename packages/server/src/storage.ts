import { readFile } from 'node:fs/promises';
import type { ServerConfig } from './config.js';
import type { Database } from './db/schema.js';
import { openDiskEngine } from './oss/engine/disk/disk-engine.js';
import type { StorageEngine } from './oss/engine/engine.js';
import type { S3Keys } from './oss/engine/s3/s3-options.js';
import type { Log, Random } from './runtime.js';

/** Where the bytes lie cannot be used as it is set; the message is one line for the operator. */
export class StorageUnusable extends Error {
  override readonly name = 'StorageUnusable';
}

export interface StorageRooms {
  readonly config: ServerConfig;
  readonly db: Database;
  readonly accountId: string;
  /** Of the engine for files. */
  readonly directory: string;
  readonly random: Random;
  readonly log: Log;
}

const SETTING = 'storage';

/**
 * Opens the storage engine of the configuration. An engine cannot read the blobs of another one, so once there are any the
 * choice is fixed.
 *
 * @throws {StorageUnusable}
 */
export async function openStorage(rooms: StorageRooms): Promise<StorageEngine> {
  const { config, db } = rooms;
  const first = !(await namesBlobs(db));
  const row = await db.selectFrom('settings').select('value').where('name', '=', SETTING).executeTakeFirst();
  const kept = row?.value ?? 'disk';
  if (kept !== config.storage && !first) {
    throw new StorageUnusable(
      `the objects of this installation are in ${kept === 'disk' ? 'its data directory' : 'an S3 bucket'}; ` +
        `start it with --storage ${kept}, or begin a new one with another --data`,
    );
  }
  const engine = config.storage === 's3' ? await openS3(rooms, first) : await openDisk(rooms);
  if (kept !== config.storage) await keepChoice(db, config.storage, row !== undefined);
  return engine;
}

const openDisk = ({ directory, random }: StorageRooms): Promise<StorageEngine> => openDiskEngine({ directory, random });

async function openS3({ config, accountId, ...rooms }: StorageRooms, first: boolean): Promise<StorageEngine> {
  // Loaded only by those who use it: the SDK of AWS is larger than the rest of the server.
  const { openS3Engine, StoreUnusable } = await import('./oss/engine/s3/s3-engine.js');
  try {
    return await openS3Engine({
      endpoint: config.s3Endpoint,
      region: config.s3Region,
      bucket: config.s3Bucket ?? '',
      // An installation has a folder of its own, so none ever takes the objects of another one for orphans.
      prefix: `${config.s3Prefix}${accountId}/`,
      keys: await readKeys(config),
      pathStyle: config.s3PathStyle ?? config.s3Endpoint !== undefined,
      connections: config.s3Connections,
      first,
      ...rooms,
    });
  } catch (error) {
    throw error instanceof StoreUnusable ? new StorageUnusable(error.message) : error;
  }
}

async function readKeys(config: ServerConfig): Promise<S3Keys | undefined> {
  const { s3AccessKeyId: accessKeyId, s3SecretAccessKeyFile: file } = config;
  if (accessKeyId === undefined) return undefined;
  if (file === undefined) return { accessKeyId, secretAccessKey: config.s3SecretAccessKey ?? '' };
  try {
    const secretAccessKey = (await readFile(file, 'utf8')).trim();
    if (secretAccessKey === '') throw new Error('it is empty');
    return { accessKeyId, secretAccessKey };
  } catch (error) {
    throw new StorageUnusable(`the file ${file} of s3SecretAccessKeyFile cannot be used: ${(error as Error).message}`);
  }
}

async function namesBlobs(db: Database): Promise<boolean> {
  for (const table of ['parts', 'manifests', 'garbage'] as const) {
    const row = await db
      .selectFrom(table)
      .select((e) => e.lit(1).as('one'))
      .limit(1)
      .executeTakeFirst();
    if (row) return true;
  }
  return false;
}

async function keepChoice(db: Database, value: string, replace: boolean): Promise<void> {
  if (replace) await db.updateTable('settings').set({ value }).where('name', '=', SETTING).execute();
  else await db.insertInto('settings').values({ name: SETTING, value }).execute();
}
