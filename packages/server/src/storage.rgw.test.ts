import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseConfig } from './config.js';
import type { Database } from './db/schema.js';
import { openSqlite } from './db/sqlite.js';
import { openStorage, StorageUnusable } from './storage.js';
import { findRgw, type RgwContext } from './testing/rgw.js';

let directory: string;
let db: Database;
let s3: Record<string, unknown>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
  db = await openSqlite(join(directory, 'sluice.db'));
  const { endpoint, bucket, keys } = findRgw() as RgwContext;
  s3 = {
    storage: 's3',
    s3Endpoint: endpoint,
    s3Bucket: bucket,
    s3Prefix: `${randomBytes(6).toString('hex')}/`,
    s3AccessKeyId: keys.accessKeyId,
    s3SecretAccessKey: keys.secretAccessKey,
  };
});
afterEach(async () => {
  await db.destroy();
  await rm(directory, { recursive: true, force: true });
});

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const open = (settings: Record<string, unknown>) =>
  openStorage({
    config: parseConfig(settings),
    db,
    accountId: '1234567890123456',
    directory: join(directory, 'objects'),
    random: { bytes: (length) => randomBytes(length) },
    log: quiet,
  });
const line = async (settings: Record<string, unknown>): Promise<string> => {
  const error = await open(settings).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(StorageUnusable);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
};
const options = { maxBytes: 1e6, signal: new AbortController().signal };
const record = (blob: string) =>
  db
    .insertInto('manifests')
    .values({ object_id: 'o', blobs: JSON.stringify([[blob, 1]]) })
    .execute();

it('may be chosen anew until there are objects, then it is fixed', async () => {
  const disk = await open({});
  await open(s3);
  await open({});
  const { blob } = await disk.put(Readable.from([Buffer.from('x')]), options);
  await record(blob);
  expect(await line(s3)).toMatch(/are in its data directory; start it with --storage disk/);
  await open({});
});

it('is remembered for a bucket, and the bucket is known again', async () => {
  const engine = await open(s3);
  const { blob } = await engine.put(Readable.from([Buffer.from('x')]), options);
  await record(blob);
  expect(await line({})).toMatch(/are in an S3 bucket; start it with --storage s3/);
  expect(await line({ ...s3, s3Prefix: 'elsewhere/' })).toMatch(/holds nothing of this installation/);
  expect(await (await open(s3)).size(blob)).toBe(1);
});

it('reads the secret from a file', async () => {
  const file = join(directory, 'secret');
  const { s3SecretAccessKey, ...rest } = s3;
  const settings = { ...rest, s3SecretAccessKeyFile: file };
  expect(await line(settings)).toMatch(/^the file .*secret of s3SecretAccessKeyFile cannot be used: ENOENT/);
  await writeFile(file, ' \n');
  expect(await line(settings)).toMatch(/it is empty$/);
  await writeFile(file, `${String(s3SecretAccessKey)}\n`);
  await open(settings);
});
