import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { parseConfig } from './config.js';
import { openSqlite } from './db/sqlite.js';

vi.mock('@aws-sdk/client-s3', () => {
  throw new Error('the SDK was loaded');
});

it('on disk never loads the SDK of AWS', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-storage-'));
  const db = await openSqlite(join(directory, 'sluice.db'));
  // The whole server, with everything it imports.
  await import('./index.js');
  const { openStorage } = await import('./storage.js');
  const open = (settings: Record<string, unknown>) =>
    openStorage({
      config: parseConfig(settings),
      db,
      accountId: '1',
      directory: join(directory, 'objects'),
      random: { bytes: (length) => randomBytes(length) },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
  expect(await (await open({})).freeBytes()).toBeGreaterThan(0);
  await expect(open({ storage: 's3', s3Bucket: 'bucket' })).rejects.toThrow();
  await db.destroy();
  await rm(directory, { recursive: true, force: true });
});
