/** What is on disk before an answer is sent, and before bytes are deleted, by the calls that are made of the system. */
import { randomBytes } from 'node:crypto';
import type * as fs from 'node:fs';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { lateDurability } from '../db/late-durability.js';
import { findRgw } from '../testing/rgw.js';
import { onPostgres } from '../testing/test-database.js';
import { complete, initiate, multipart, put, type Reply, send, uploadPart } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

const calls = vi.hoisted(() => ({
  /** What was done, in this order. */
  done: [] as string[],
  /** Syncs of the log wait for it. */
  gate: Promise.resolve(),
  /** Syncs of the log that wait. */
  waiting: 0,
}));

const pathOf = (descriptor: number): string => readlinkSync(`/proc/self/fd/${descriptor}`);
const isLog = (path: string): boolean => path.endsWith('-wal');
const synced = (path: string): void => void calls.done.push(isLog(path) ? 'log' : `${basename(path)} synced`);

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const fdatasync = (descriptor: number, callback: (error: Error | null) => void): void => {
    const path = pathOf(descriptor);
    const sync = () =>
      real.fdatasync(descriptor, (error) => {
        if (!error) synced(path);
        callback(error);
      });
    if (!isLog(path)) sync();
    else {
      calls.waiting++;
      calls.gate.then(() => {
        calls.waiting--;
        sync();
      });
    }
  };
  return { ...real, fdatasync };
});
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs.promises>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      synced(String(path));
    };
    return handle;
  };
  const unlink: typeof real.unlink = async (path) => {
    calls.done.push(`${basename(String(path))} deleted`);
    await real.unlink(path);
  };
  return { ...real, open, unlink };
});

let plane: TestPlane;
let goOn = (): void => undefined;
beforeEach(async () => {
  plane = await startPlane();
});
afterEach(async () => {
  goOn();
  await plane.close();
});

const KIB100 = randomBytes(100 * 1024);
const from = (key: string) => ({ 'x-oss-copy-source': `/${BUCKET}/${key}` });
const append = (position: number) =>
  send(plane, {
    method: 'POST',
    key: 'log',
    query: [
      ['append', ''],
      ['position', String(position)],
    ],
    body: 'line',
  });

interface Write {
  readonly what: string;
  /** What is there before. */
  prepare?(): Promise<unknown>;
  write(made: string): Promise<Reply>;
  readonly stores: 0 | 1;
  readonly discards: number;
}

const writes: readonly Write[] = [
  { what: 'PutObject', write: () => put(plane, 'a', 'new'), stores: 1, discards: 0 },
  {
    what: 'PutObject over another',
    prepare: () => put(plane, 'a', 'old'),
    write: () => put(plane, 'a', 'new'),
    stores: 1,
    discards: 1,
  },
  { what: 'AppendObject', prepare: () => append(0), write: () => append(4), stores: 1, discards: 0 },
  {
    what: 'UploadPart over another',
    prepare: async () => {
      const uploadId = await initiate(plane, 'a');
      await uploadPart(plane, 'a', uploadId, 1, 'old');
      return uploadId;
    },
    write: (uploadId) => uploadPart(plane, 'a', uploadId, 1, 'new'),
    stores: 1,
    discards: 1,
  },
  {
    what: 'UploadPartCopy',
    prepare: async () => {
      await put(plane, 'source', KIB100);
      return initiate(plane, 'a');
    },
    write: (uploadId) => uploadPart(plane, 'a', uploadId, 1, '', from('source')),
    stores: 1,
    discards: 0,
  },
  {
    what: 'Complete over an object of two parts',
    prepare: async () => {
      await multipart(plane, 'a', [KIB100, KIB100]);
      const uploadId = await initiate(plane, 'a');
      await uploadPart(plane, 'a', uploadId, 1, 'new');
      return uploadId;
    },
    write: (uploadId) => complete(plane, 'a', uploadId, '', { 'x-oss-complete-all': 'yes' }),
    stores: 0,
    discards: 2,
  },
  {
    what: 'Abort',
    prepare: async () => {
      const uploadId = await initiate(plane, 'a');
      await uploadPart(plane, 'a', uploadId, 1, 'part');
      return uploadId;
    },
    write: (uploadId) => send(plane, { method: 'DELETE', key: 'a', query: [['uploadId', uploadId]] }),
    stores: 0,
    discards: 1,
  },
  {
    what: 'CopyObject over another',
    prepare: async () => {
      await put(plane, 'source', 'new');
      await put(plane, 'a', 'old');
    },
    write: () => send(plane, { method: 'PUT', key: 'a', headers: from('source') }),
    stores: 0,
    discards: 1,
  },
  {
    what: 'DeleteObject',
    prepare: () => put(plane, 'a', 'old'),
    write: () => send(plane, { method: 'DELETE', key: 'a' }),
    stores: 0,
    discards: 1,
  },
];

// Descriptors have paths only there; PostgreSQL and S3 have their own ways to the disk.
describe.runIf(process.platform === 'linux' && !onPostgres && !findRgw())('in this order', () => {
  it.each(writes)('come the bytes, then the row, then the answer to $what, then discarded bytes go', async (one) => {
    const made = String(await one.prepare?.());
    await plane.files();
    await lateDurability(plane.db)?.settle();
    calls.done.length = 0;
    calls.gate = new Promise((resolve) => {
      goOn = resolve;
    });
    let answered = false;
    const asked = one.write(made).finally(() => {
      answered = true;
    });
    await vi.waitFor(() => expect(calls.waiting).toBeGreaterThan(0), { timeout: 10_000, interval: 5 });
    plane.oss.wake();
    // Long enough for whoever does not wait for the log.
    for (let i = 0; i < 100; i++) await turn();
    expect(answered).toBe(false);
    expect(calls.done.filter((call) => /^[0-9a-f]{28} synced$/.test(call))).toHaveLength(one.stores);
    const directories = calls.done.filter((call) => /^[0-9a-f]{2} synced$/.test(call));
    expect(directories.length > 0).toBe(one.stores > 0);
    expect(calls.done.filter((call) => call === 'log' || call.endsWith('deleted'))).toEqual([]);
    goOn();
    expect((await asked).status).toBeLessThan(300);
    await plane.files();
    const deleted = calls.done.flatMap((call, i) => (call.endsWith('deleted') ? [i] : []));
    expect(deleted).toHaveLength(one.discards);
    for (const i of deleted) expect(calls.done.indexOf('log')).toBeLessThan(i);
  });
});
