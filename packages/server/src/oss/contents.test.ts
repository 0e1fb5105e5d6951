import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transact } from '../db/transact.js';
import { onPostgres } from '../testing/test-database.js';
import type { NewShare } from './contents.js';
import { deleteObject } from './objects.js';
import { get, multipart, put, send } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

const KIB = 1024;
const pieces = [randomBytes(300 * KIB), randomBytes(100 * KIB), Buffer.from('end')];
const whole = Buffer.concat(pieces);

let plane: TestPlane;
const copies: string[] = [];
beforeEach(async () => {
  plane = await startPlane();
  await multipart(plane, 'source', pieces);
});
afterEach(async () => {
  await plane.close();
  await Promise.all(copies.splice(0).map((copy) => rm(copy, { recursive: true, force: true })));
});

const named = (key: string, rest: Partial<NewShare> = {}): NewShare => ({
  name: { bucket: BUCKET, key },
  contentType: 'video/mp4',
  requestId: 'R',
  prepare: async () => {},
  ...rest,
});
async function sourceRow(key = 'source') {
  const open = await plane.oss.contents.open({ bucket: BUCKET, key });
  open?.release();
  if (!open) throw new Error('no source');
  return open.object;
}
const share = async (key: string, rest: Partial<NewShare> = {}) =>
  plane.oss.contents.share(await sourceRow(), named(key, rest));
const remove = (key: string) => send(plane, { method: 'DELETE', key });
/** Waits for what is garbage to be gone. */
const settled = async () => {
  await plane.oss.start();
  return (await plane.files()).length;
};

describe('content', () => {
  it('is read whole and in order', async () => {
    const open = await plane.oss.contents.open({ bucket: BUCKET, key: 'source' });
    const chunks: Uint8Array[] = [];
    for await (const chunk of open?.bytes() ?? []) chunks.push(chunk);
    open?.release();
    expect(Buffer.concat(chunks).equals(whole)).toBe(true);
    expect(open?.contentType).toBe('application/octet-stream');
  });

  it('that is not there is undefined', async () => {
    expect(await plane.oss.contents.open({ bucket: BUCKET, key: 'nothing' })).toBeUndefined();
  });

  it('goes on to be read when it is deleted meanwhile', async () => {
    const open = await plane.oss.contents.open({ bucket: BUCKET, key: 'source' });
    await remove('source');
    await plane.oss.start();
    const chunks: Uint8Array[] = [];
    for await (const chunk of open?.bytes() ?? []) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(whole)).toBe(true);
    open?.release();
    expect(await settled()).toBe(0);
  });
});

describe('an object that shares the bytes of another', () => {
  it('is an object like any other, made without a new file', async () => {
    const files = await plane.files();
    const stored = await share('shared');
    expect(stored).toMatchObject({ bucket: BUCKET, key: 'shared', size: whole.length, requestId: 'R' });
    expect(plane.stored.at(-1)).toEqual(stored);
    const [a, b] = [await get(plane, 'source'), await get(plane, 'shared')];
    expect(b.body.equals(whole)).toBe(true);
    expect([b.headers.etag, b.headers['x-oss-hash-crc64ecma']]).toEqual([
      a.headers.etag,
      a.headers['x-oss-hash-crc64ecma'],
    ]);
    expect(b.headers['content-type']).toBe('video/mp4');
    expect(
      (await get(plane, 'shared', { range: 'bytes=307100-307300' })).body.equals(whole.subarray(307_100, 307_301)),
    ).toBe(true);
    expect(await plane.files()).toEqual(files);
  });

  it.each([
    ['the first', ['source', 'shared', 'third']],
    ['the last', ['third', 'shared', 'source']],
    ['the one between', ['shared', 'source', 'third']],
  ])('lives on when %s goes, and the space comes back with the very last', async (_, order) => {
    await share('shared');
    // A share of a share is a share of the first.
    await plane.oss.contents.share(await sourceRow('shared'), named('third'));
    for (const [i, key] of order.entries()) {
      expect(await settled()).toBe(3);
      for (const left of order.slice(i)) expect((await get(plane, left)).body.equals(whole), left).toBe(true);
      expect((await remove(key)).status).toBe(204);
    }
    expect(await settled()).toBe(0);
    expect(await plane.db.selectFrom('manifests').selectAll().execute()).toEqual([]);
    expect(await plane.db.selectFrom('garbage').selectAll().execute()).toEqual([]);
  });

  it('lives on when the other is overwritten', async () => {
    await share('shared');
    await put(plane, 'source', 'new');
    expect(await settled()).toBe(4);
    expect((await get(plane, 'shared')).body.equals(whole)).toBe(true);
    expect((await get(plane, 'source')).body.toString()).toBe('new');
    await put(plane, 'shared', 'new too');
    expect(await settled()).toBe(2);
  });

  it('is not made of a source that was deleted or overwritten after it was looked at', async () => {
    for (const change of [() => put(plane, 'source', 'other'), () => remove('source')]) {
      const source = await sourceRow();
      await change();
      let prepared = false;
      const prepare = async () => {
        prepared = true;
      };
      expect(await plane.oss.contents.share(source, named('shared', { prepare }))).toBeUndefined();
      expect([prepared, (await get(plane, 'shared')).status]).toEqual([false, 404]);
    }
    expect(await settled()).toBe(0);
  });

  it('is whole or not made at all, whenever the source is deleted beside it', async () => {
    for (let round = 0; round < 20; round++) {
      await multipart(plane, `source-${round}`, pieces);
      const source = await sourceRow(`source-${round}`);
      const removal = () =>
        round % 2 === 0
          ? remove(`source-${round}`)
          : transact(plane.db, (transaction) =>
              deleteObject(transaction, { bucket: BUCKET, key: `source-${round}` }, plane.clock.ms),
            ).then(() => plane.oss.wake());
      const making = () => plane.oss.contents.share(source, named(`shared-${round}`));
      const [made] = await Promise.all(
        round % 3 === 0 ? [making(), removal()] : [Promise.resolve().then(making), removal()],
      );
      await plane.oss.start();
      const reply = await get(plane, `shared-${round}`);
      expect(made ? reply.body.equals(whole) : reply.status === 404, `round ${round}`).toBe(true);
      await remove(`shared-${round}`);
    }
    await remove('source');
    expect(await settled()).toBe(0);
  });

  it('is refused, and nothing is left of it, when the preparation or a listener refuses', async () => {
    const prepare = async () => {
      throw new Error('no');
    };
    await expect(share('shared', { prepare })).rejects.toThrow('no');
    expect((await get(plane, 'shared')).status).toBe(404);
    expect(await plane.db.selectFrom('objects').select('object_key').execute()).toEqual([{ object_key: 'source' }]);
  });
});

describe('a crash', () => {
  /** The files as they are at this moment: what a killed server leaves behind. */
  async function snapshot(): Promise<string> {
    const copy = await mkdtemp(join(tmpdir(), 'sluice-share-crash-'));
    copies.push(copy);
    await cp(plane.directory, copy, { recursive: true });
    return copy;
  }
  async function restartFrom(copy: string): Promise<void> {
    await plane.close();
    plane = await startPlane({ directory: copy });
    await plane.oss.start();
  }

  // The files of SQLite are copied in the middle of a transaction; of a server there is no such copy.
  it.skipIf(onPostgres)('before the commit leaves no object and no file too many, and the source whole', async () => {
    let copy = '';
    await share('shared', {
      prepare: async (transaction) => {
        await transaction.insertInto('settings').values({ name: 'half', value: 'x' }).execute();
        copy = await snapshot();
      },
    });
    expect((await get(plane, 'shared')).status).toBe(200);
    await restartFrom(copy);
    expect((await get(plane, 'shared')).status).toBe(404);
    expect(await plane.db.selectFrom('settings').selectAll().execute()).toEqual([]);
    expect((await get(plane, 'source')).body.equals(whole)).toBe(true);
    expect((await plane.files()).length).toBe(3);
    await remove('source');
    expect(await settled()).toBe(0);
  });

  it('after the commit keeps both; the sweep takes neither, also when one of them is deleted', async () => {
    await share('shared');
    await restartFrom(await snapshot());
    expect((await get(plane, 'shared')).body.equals(whole)).toBe(true);
    await remove('source');
    await restartFrom(await snapshot());
    expect((await plane.files()).length).toBe(3);
    expect((await get(plane, 'shared')).body.equals(whole)).toBe(true);
    await remove('shared');
    expect(await settled()).toBe(0);
  });
});
