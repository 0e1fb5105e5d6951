import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transact } from '../db/transact.js';
import { deleteObject } from './objects.js';
import { complete, get, initiate, multipart, put, send, signed, uploadPart } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

let plane: TestPlane;
const copies: string[] = [];
beforeEach(async () => {
  plane = await startPlane();
});
afterEach(async () => {
  await plane.close();
  await Promise.all(copies.splice(0).map((copy) => rm(copy, { recursive: true, force: true })));
});

/** A server on the files as they are at this moment: what a machine finds after the power was cut. */
async function restart(): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'sluice-crash-'));
  copies.push(copy);
  await cp(plane.directory, copy, { recursive: true });
  await plane.close();
  plane = await startPlane({ directory: copy });
}

describe('after a restart', () => {
  it('an upload goes on with the parts it had', async () => {
    const first = randomBytes(100 * 1024);
    const uploadId = await initiate(plane, 'film');
    const one = await uploadPart(plane, 'film', uploadId, 1, first);
    await restart();
    await plane.oss.start();
    const two = await uploadPart(plane, 'film', uploadId, 2, 'end');
    const reply = await complete(plane, 'film', uploadId, [
      [1, String(one.headers.etag)],
      [2, String(two.headers.etag)],
    ]);
    expect(reply.status).toBe(200);
    expect((await get(plane, 'film')).body.equals(Buffer.concat([first, Buffer.from('end')]))).toBe(true);
  });

  it('blobs that nothing names are reclaimed, and no others', async () => {
    await put(plane, 'object', 'kept');
    await multipart(plane, 'parts', [randomBytes(100 * 1024), Buffer.from('kept')]);
    const uploadId = await initiate(plane, 'open');
    await uploadPart(plane, 'open', uploadId, 1, 'kept');
    const kept = (await plane.files()).sort();
    // What a crash between the blob and its row leaves behind.
    const options = { maxBytes: 100, signal: new AbortController().signal };
    await plane.engine.put(Readable.from([Buffer.from('orphan')]), options);
    expect((await plane.files()).length).toBe(kept.length + 1);
    await restart();
    await plane.oss.start();
    expect((await plane.files()).sort()).toEqual(kept);
    expect((await get(plane, 'object')).body.toString()).toBe('kept');
    expect(plane.log.some(({ fields }) => fields.blobs === 1)).toBe(true);
  });

  it('blobs of the present run are left alone by the sweep', async () => {
    const options = { maxBytes: 100, signal: new AbortController().signal };
    await plane.engine.put(Readable.from([Buffer.from('about to be recorded')]), options);
    await plane.oss.start();
    expect((await plane.files()).length).toBe(1);
  });

  it('discarded blobs that were not deleted in time are', async () => {
    await put(plane, 'object', 'first');
    const [row] = await plane.db.selectFrom('manifests').selectAll().execute();
    const [[blob]] = JSON.parse(row?.blobs ?? '') as [[string]];
    await plane.db.deleteFrom('objects').execute();
    await plane.db.deleteFrom('manifests').execute();
    await plane.db.insertInto('garbage').values({ blob, since: 0 }).execute();
    await restart();
    await plane.oss.start();
    expect(await plane.files()).toEqual([]);
    expect(await plane.db.selectFrom('garbage').selectAll().execute()).toEqual([]);
  });
});

describe('a reader in flight', () => {
  const whole = randomBytes(24 * 1024 * 1024);

  /** Begins to read and stops; the rest comes when told to. */
  async function beginReading(key: string): Promise<() => Promise<Buffer>> {
    const ask = signed(plane, { key });
    const res = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      const req = request({ port: plane.port, host: '127.0.0.1', ...ask }, resolve);
      req.on('error', reject);
      req.end();
    });
    await new Promise((resolve) => res.once('readable', resolve));
    return async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of res) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    };
  }

  it.each([
    ['an overwrite', () => put(plane, 'film', 'new')],
    ['a deletion', () => send(plane, { method: 'DELETE', key: 'film' })],
    [
      'a deletion from elsewhere',
      async () => {
        await transact(plane.db, (transaction) => deleteObject(transaction, { bucket: BUCKET, key: 'film' }, 0));
        plane.oss.wake();
      },
    ],
  ])('is not harmed by %s, and the space comes back when it is done', async (_, change) => {
    await multipart(plane, 'film', [whole.subarray(0, 8e6), whole.subarray(8e6, 16e6), whole.subarray(16e6)]);
    const finish = await beginReading('film');
    const before = (await plane.files()).length;
    await change();
    await plane.oss.start();
    expect((await plane.files()).length).toBeGreaterThanOrEqual(before);
    expect((await finish()).equals(whole)).toBe(true);
    await plane.oss.start();
    expect((await plane.files()).length).toBeLessThanOrEqual(1);
  });
});

describe('deleteObject', () => {
  it('ends open uploads of the object as well, and of no other', async () => {
    await put(plane, 'a', 'x');
    const ids = [await initiate(plane, 'a'), await initiate(plane, 'a'), await initiate(plane, 'b')];
    for (const [i, id] of ids.entries()) await uploadPart(plane, i === 2 ? 'b' : 'a', id, 1, 'part');
    await transact(plane.db, (transaction) => deleteObject(transaction, { bucket: BUCKET, key: 'a' }, 0));
    plane.oss.wake();
    await plane.oss.start();
    expect((await plane.db.selectFrom('uploads').select('upload_id').execute()).map((row) => row.upload_id)).toEqual([
      ids[2],
    ]);
    expect((await get(plane, 'a')).status).toBe(404);
    expect((await plane.files()).length).toBe(1);
  });
});
