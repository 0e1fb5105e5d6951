import { randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StorageEngine } from '../engine/engine.js';
import { complete, get, initiate, multipart, put, send, uploadPart } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';
import { readScrubState } from './scrub-state.js';

const KIB100 = 100 * 1024;
let plane: TestPlane;
beforeEach(async () => {
  plane = await startPlane();
});
afterEach(() => plane.close());

const scrub = (onProgress?: () => void) =>
  plane.oss.scrubber.run({
    bytesPerSecond: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...(onProgress ? { onProgress } : {}),
  });

const blobsOf = async (key: string): Promise<string[]> => {
  const row = await plane.db
    .selectFrom('objects')
    .innerJoin('manifests', 'manifests.object_id', 'objects.manifest_id')
    .select('blobs')
    .where('object_key', '=', key)
    .executeTakeFirstOrThrow();
  return (JSON.parse(row.blobs) as [string][]).map(([blob]) => blob);
};

/** The file of a blob. */
async function fileOf(blob: string): Promise<string> {
  const entries = await readdir(join(plane.directory, 'blobs'), { recursive: true, withFileTypes: true });
  const found = entries.find((entry) => entry.isFile() && blob.endsWith(entry.name));
  return join(found?.parentPath ?? '', found?.name ?? '');
}

/** Turns one bit of a file. */
async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] as number) ^ 1;
  await writeFile(file, bytes);
}

describe('a scrub', () => {
  it('of what is sound reads every byte and finds nothing', async () => {
    await put(plane, 'a', randomBytes(1000));
    await put(plane, 'empty', '');
    await multipart(plane, 'film', [randomBytes(KIB100), randomBytes(KIB100), Buffer.from('end')]);
    await uploadPart(plane, 'open', await initiate(plane, 'open'), 1, 'part');
    expect(await scrub()).toEqual({
      blobs: 6,
      bytes: 1000 + 2 * KIB100 + 3 + 4,
      damaged: 0,
      unreadable: 0,
      healed: 0,
      orphans: 0,
      clean: true,
      quarantine: [],
      more: 0,
    });
  });

  it.each([
    ['changed', (file: string) => flip(file, 70_000), KIB100],
    ['short', (file: string) => truncate(file, 5), 5],
    ['long', (file: string) => writeFile(file, 'x', { flag: 'a' }), KIB100 + 1],
    ['missing', (file: string) => unlink(file), null],
  ] as const)('finds a blob that is %s, and says which object it belongs to', async (reason, harm, foundSize) => {
    await multipart(plane, 'film', [randomBytes(KIB100), randomBytes(KIB100), Buffer.from('end')]);
    await put(plane, 'other', 'sound');
    const [, second = ''] = await blobsOf('film');
    await harm(await fileOf(second));
    const report = await scrub();
    expect(report).toMatchObject({ clean: false, damaged: 1, orphans: 0 });
    expect(report.quarantine).toMatchObject([
      { blob: second, reason, objects: [{ bucket: BUCKET, key: 'film' }], recordedSize: KIB100, foundSize },
    ]);
    expect(plane.log.filter(({ message }) => message.includes('quarantined'))).toMatchObject([
      { fields: { blob: second, reason, objects: [{ bucket: BUCKET, key: 'film' }] } },
    ]);
    expect((await get(plane, 'other')).body.toString()).toBe('sound');
    // The blob stays where it is.
    expect((await plane.files()).length).toBe(reason === 'missing' ? 3 : 4);
  });
});

describe('an object in quarantine', () => {
  const pieces = [randomBytes(KIB100), randomBytes(KIB100), Buffer.from('end')];
  let second: string;
  let file: string;
  beforeEach(async () => {
    await multipart(plane, 'film', pieces);
    second = (await blobsOf('film'))[1] ?? '';
    file = await fileOf(second);
    await flip(file, 1);
    await scrub();
  });

  it('answers 500 with a message of its own instead of wrong bytes', async () => {
    const reply = await get(plane, 'film');
    expect(reply.status).toBe(500);
    expect(reply.xml('Code')).toBe('InternalError');
    expect(reply.xml('Message')).toContain('quarantined');
    expect((await send(plane, { method: 'HEAD', key: 'film' })).status).toBe(200);
  });

  it('still serves ranges that touch only sound bytes', async () => {
    const sound = await get(plane, 'film', { range: `bytes=0-${KIB100 - 1}` });
    expect(sound.status).toBe(206);
    expect(sound.body.equals(pieces[0] as Buffer)).toBe(true);
    expect((await get(plane, 'film', { range: `bytes=0-${KIB100}` })).status).toBe(500);
    expect((await get(plane, 'film', { range: `bytes=${2 * KIB100}-` })).body.toString()).toBe('end');
  });

  it('is not shared with a new object', async () => {
    expect(await plane.oss.contents.open({ bucket: BUCKET, key: 'film' })).toBeUndefined();
  });

  it('comes back when its bytes do', async () => {
    await flip(file, 1);
    expect(await scrub()).toMatchObject({ healed: 1, damaged: 0, clean: true });
    expect((await get(plane, 'film')).body.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('is told of again by the next scrub, but counted once', async () => {
    expect(await scrub()).toMatchObject({ damaged: 0, clean: false, quarantine: [{ blob: second }] });
  });

  it.each([
    ['overwritten', () => put(plane, 'film', 'new'), 1],
    ['deleted', () => send(plane, { method: 'DELETE', key: 'film' }), 0],
  ] as const)('goes with its bytes when it is %s', async (_, change, left) => {
    await change();
    await plane.oss.start();
    expect(await scrub()).toMatchObject({ clean: true, quarantine: [] });
    expect((await plane.files()).length).toBe(left);
  });
});

describe('a part that is damaged', () => {
  const body = randomBytes(KIB100);
  let uploadId: string;
  let file: string;
  beforeEach(async () => {
    uploadId = await initiate(plane, 'film');
    await uploadPart(plane, 'film', uploadId, 1, body);
    await uploadPart(plane, 'film', uploadId, 2, 'end');
    const row = await plane.db
      .selectFrom('parts')
      .select('blob')
      .where('part_number', '=', 1)
      .executeTakeFirstOrThrow();
    file = await fileOf(row.blob);
    await flip(file, 9);
    expect(await scrub()).toMatchObject({
      damaged: 1,
      quarantine: [{ reason: 'changed', part: { uploadId, partNumber: 1 }, objects: [] }],
    });
  });
  const listed = async () => {
    const reply = await send(plane, { key: 'film', query: [['uploadId', uploadId]] });
    return [...reply.body.toString().matchAll(/<PartNumber>(\d+)</g)].map((m) => Number(m[1]));
  };
  const etags = async (): Promise<[number, string][]> =>
    (await plane.db.selectFrom('parts').selectAll().orderBy('part_number').execute()).map((p) => [
      p.part_number,
      p.etag,
    ]);

  it('is missing from its upload, and cannot be completed', async () => {
    expect(await listed()).toEqual([2]);
    const reply = await complete(plane, 'film', uploadId, [[1, 'A'], ...(await etags())]);
    expect(reply.xml('Code')).toBe('InvalidPart');
  });

  it('is sound when the client has sent it again, and the damaged bytes go', async () => {
    await uploadPart(plane, 'film', uploadId, 1, body);
    expect(await scrub()).toMatchObject({ damaged: 0, clean: true });
    await plane.oss.start();
    expect((await plane.files()).length).toBe(2);
    expect((await complete(plane, 'film', uploadId, await etags())).status).toBe(200);
    expect((await get(plane, 'film')).body.equals(Buffer.concat([body, Buffer.from('end')]))).toBe(true);
  });

  it('goes back into its upload when its bytes come back', async () => {
    await flip(file, 9);
    expect(await scrub()).toMatchObject({ healed: 1, clean: true });
    expect(await listed()).toEqual([1, 2]);
  });

  it('goes when its upload does', async () => {
    await send(plane, { method: 'DELETE', key: 'film', query: [['uploadId', uploadId]] });
    expect(await scrub()).toMatchObject({ clean: true });
    await plane.oss.start();
    expect(await plane.files()).toEqual([]);
  });

  it('is not taken for an orphan', async () => {
    await plane.oss.stop();
    const { directory } = plane;
    plane.server.closeAllConnections();
    await plane.db.destroy();
    const again = await startPlane({ directory });
    await again.oss.start();
    expect((await again.files()).length).toBe(2);
    expect((await again.oss.scrubber.status()).report.quarantine).toHaveLength(1);
    await again.close();
    plane = await startPlane();
  });
});

describe('an object recorded by an earlier release', () => {
  const pieces = [randomBytes(KIB100), randomBytes(KIB100), Buffer.from('end')];
  beforeEach(async () => {
    await multipart(plane, 'film', pieces);
    const row = await plane.db.selectFrom('manifests').selectAll().executeTakeFirstOrThrow();
    const old = (JSON.parse(row.blobs) as [string, number, string][]).map(([blob, size]) => [blob, size]);
    await plane.db
      .updateTable('manifests')
      .set({ blobs: JSON.stringify(old) })
      .execute();
  });

  it('is checked by the CRC64 of the whole, and then knows that of each blob', async () => {
    const part = await plane.engine.size((await blobsOf('film'))[0] ?? '');
    expect(part).toBe(KIB100);
    expect(await scrub()).toMatchObject({ clean: true, blobs: 3 });
    const row = await plane.db.selectFrom('manifests').selectAll().executeTakeFirstOrThrow();
    expect((JSON.parse(row.blobs) as unknown[][]).map((extent) => extent.length)).toEqual([3, 3, 3]);
    expect(await scrub()).toMatchObject({ clean: true, blobs: 3 });
    expect((await get(plane, 'film')).body.equals(Buffer.concat(pieces))).toBe(true);
  });

  it('is quarantined as a whole when the CRC64 differs, and comes back as one', async () => {
    const file = await fileOf((await blobsOf('film'))[2] ?? '');
    await flip(file, 0);
    expect(await scrub()).toMatchObject({ damaged: 3, clean: false });
    expect((await get(plane, 'film', { range: 'bytes=0-0' })).status).toBe(500);
    await flip(file, 0);
    expect(await scrub()).toMatchObject({ healed: 3, clean: true });
    expect((await get(plane, 'film')).status).toBe(200);
  });

  it('of which a blob is short is known to the blob', async () => {
    const [blob = ''] = await blobsOf('film');
    await truncate(await fileOf(blob), 7);
    expect(await scrub()).toMatchObject({ damaged: 1, quarantine: [{ blob, reason: 'short' }] });
  });
});

describe('storage that cannot be read', () => {
  let broken = false;
  const failing = (engine: StorageEngine): StorageEngine => ({
    ...engine,
    async read(blob, range) {
      if (broken) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
      return engine.read(blob, range);
    },
  });
  beforeEach(async () => {
    await plane.close();
    plane = await startPlane({ wrapEngine: failing });
    for (let i = 0; i < 30; i++) await put(plane, `o${i}`, `body ${i}`);
  });
  afterEach(() => {
    broken = false;
  });

  it('is no reason to quarantine anything', async () => {
    broken = true;
    await expect(scrub()).rejects.toThrow('the storage cannot be read');
    broken = false;
    expect((await get(plane, 'o3')).body.toString()).toBe('body 3');
    expect(await scrub()).toMatchObject({ clean: true, unreadable: 0 });
  });

  it('here and there is counted, and the rest is read', async () => {
    let blobs = 0;
    const report = await scrub(() => {
      broken = ++blobs === 5;
    });
    expect(report).toMatchObject({ clean: false, unreadable: 1, damaged: 0, quarantine: [] });
    expect(report.blobs).toBe(30);
  });
});

describe('two scrubs', () => {
  it('do not run at the same time', async () => {
    await put(plane, 'a', randomBytes(1e6));
    const first = scrub();
    await expect(scrub()).rejects.toThrow('running already');
    expect(await first).toMatchObject({ clean: true });
  });
});

describe('beside a scrub', () => {
  it('objects are overwritten and deleted, and it finds no damage in that', async () => {
    for (let i = 0; i < 40; i++) await put(plane, `o${i}`, randomBytes(2000));
    let changes: Promise<unknown> = Promise.resolve();
    let turn = 0;
    const report = await scrub(() => {
      const i = (turn++ * 17 + 5) % 40;
      changes = Promise.all([
        changes,
        i % 2 ? put(plane, `o${i}`, 'new') : send(plane, { method: 'DELETE', key: `o${i}` }),
      ]);
    });
    await changes;
    expect(report).toMatchObject({ clean: true });
    await plane.oss.start();
    const objects = await plane.db.selectFrom('objects').select('object_key').execute();
    expect((await plane.files()).length).toBe(objects.length);
  });
});

describe('in the background', () => {
  const until = async (ready: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 1000 && !(await ready()); i++) await sleep(10);
  };
  const restart = async (scrub: { bytesPerSecond: number; intervalMs: number }): Promise<void> => {
    const { directory } = plane;
    plane.server.closeAllConnections();
    await plane.oss.stop();
    await plane.db.destroy();
    plane = await startPlane({ directory, scrub });
    await plane.oss.start();
  };
  const finished = async () => (await readScrubState(plane.db)).finished;

  it('everything is read once in an interval', async () => {
    await put(plane, 'a', 'abc');
    await restart({ bytesPerSecond: 1e9, intervalMs: 3600_000 });
    await until(async () => (await finished()) !== undefined);
    expect((await finished())?.tally).toMatchObject({ blobs: 1, bytes: 3 });
  });

  it('a restart goes on where it was', async () => {
    for (let i = 0; i < 20; i++) await put(plane, `o${i}`, randomBytes(10_000));
    // Slow enough never to end by itself here.
    await restart({ bytesPerSecond: 100_000, intervalMs: 3600_000 });
    await sleep(300);
    await plane.oss.stop();
    const { running } = await readScrubState(plane.db);
    expect(running?.position.phase).toBe('objects');
    const before = running?.tally.blobs ?? 0;
    expect(before).toBeGreaterThan(0);
    await restart({ bytesPerSecond: 1e9, intervalMs: 3600_000 });
    await until(async () => (await finished()) !== undefined);
    // One blob may have been on its way; none is left out and none is counted twice.
    expect((await finished())?.tally.blobs).toBe(20);
  });

  it('a clock that was set back does not put it off', async () => {
    await put(plane, 'a', 'abc');
    await restart({ bytesPerSecond: 1e9, intervalMs: 3600_000 });
    await until(async () => (await finished()) !== undefined);
    const first = await finished();
    const value = JSON.stringify({ finished: { ...first, startedAt: plane.clock.ms + 1e12 } });
    await plane.db.updateTable('settings').set({ value }).where('name', '=', 'scrub').execute();
    await restart({ bytesPerSecond: 1e9, intervalMs: 3600_000 });
    await until(async () => ((await finished())?.startedAt ?? Number.POSITIVE_INFINITY) <= plane.clock.ms);
    expect((await finished())?.startedAt).toBeLessThanOrEqual(plane.clock.ms);
  });
});

describe('orphans', () => {
  it('of an earlier run are reclaimed while the server runs', async () => {
    await put(plane, 'a', 'abc');
    const { directory } = plane;
    await plane.engine.put(Readable.from([Buffer.from('orphan')]), {
      maxBytes: 10,
      signal: new AbortController().signal,
    });
    plane.server.closeAllConnections();
    await plane.oss.stop();
    await plane.db.destroy();
    plane = await startPlane({ directory });
    expect((await plane.files()).length).toBe(2);
    expect(await scrub()).toMatchObject({ orphans: 1, clean: true });
    expect((await plane.files()).length).toBe(1);
  });
});
