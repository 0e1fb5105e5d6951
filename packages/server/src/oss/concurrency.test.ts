/** Many clients at one thing: whatever they see fits one order of events, and no byte is lost or kept too long. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { transact } from '../db/transact.js';
import { dialect } from '../testing/test-database.js';
import { deleteObject } from './objects.js';
import { complete, get, initiate, multipart, put, type Reply, send, uploadPart } from './testing/client.js';
import { BUCKET, startPlane, type TestPlane } from './testing/data-plane.js';

const CROWD = 50;
const KIB = 1024;

let plane: TestPlane;
beforeEach(async () => {
  plane = await startPlane({ limits: { minPartBytes: 1 } });
});
afterEach(() => plane.close());

const crowd = <T>(work: (i: number) => Promise<T>, size = CROWD): Promise<T[]> =>
  Promise.all(Array.from({ length: size }, (_, i) => work(i)));
const statuses = (replies: readonly Reply[]) => replies.map((reply) => reply.status).sort((a, b) => a - b);
const abort = (key: string, uploadId: string) =>
  send(plane, { method: 'DELETE', key, query: [['uploadId', uploadId]] });

/** Blobs that a row names, which after a rest are exactly the files. */
async function namedBlobs(): Promise<string[]> {
  const manifests = await plane.db.selectFrom('manifests').select('blobs').execute();
  const parts = await plane.db.selectFrom('parts').select('blob').execute();
  const inManifests = manifests.flatMap((row) => (JSON.parse(row.blobs) as [string, number][]).map(([blob]) => blob));
  return [...inManifests, ...parts.map((part) => part.blob)].sort();
}
async function settled(): Promise<void> {
  await plane.oss.start();
  const [files, blobs] = [await plane.files(), await namedBlobs()];
  expect(files.length).toBe(blobs.length);
  // The first letters of a blob are its directories.
  expect(blobs.filter((blob) => !files.some((file) => blob.endsWith(file)))).toEqual([]);
  expect(await plane.db.selectFrom('garbage').selectAll().execute()).toEqual([]);
}

describe(`on ${dialect}`, () => {
  it('fifty writers of one key leave one of their objects, whole', async () => {
    const bodies = Array.from({ length: CROWD }, () => randomBytes(2 * KIB));
    const replies = await crowd((i) => put(plane, 'one', bodies[i] as Buffer));
    expect(statuses(replies)).toEqual(Array(CROWD).fill(200));
    const { body } = await get(plane, 'one');
    expect(bodies.some((each) => each.equals(body))).toBe(true);
    expect((await plane.db.selectFrom('manifests').select('object_id').execute()).length).toBe(1);
    await settled();
  });

  it('of fifty writers that forbid overwriting exactly one wins', async () => {
    const headers = { 'x-oss-forbid-overwrite': 'true' };
    const replies = await crowd((i) => put(plane, 'one', `body ${i}`, headers));
    expect(statuses(replies)).toEqual([200, ...Array(CROWD - 1).fill(409)]);
    const winner = replies.findIndex((reply) => reply.status === 200);
    expect((await get(plane, 'one')).body.toString()).toBe(`body ${winner}`);
    await settled();
  });

  it('fifty parts of one upload are all there', async () => {
    const uploadId = await initiate(plane, 'film');
    const pieces = Array.from({ length: CROWD }, () => randomBytes(KIB));
    const replies = await crowd((i) => uploadPart(plane, 'film', uploadId, i + 1, pieces[i] as Buffer));
    const done = await complete(
      plane,
      'film',
      uploadId,
      replies.map((reply, i) => [i + 1, String(reply.headers.etag)]),
    );
    expect(done.status).toBe(200);
    expect((await get(plane, 'film')).body.equals(Buffer.concat(pieces))).toBe(true);
    await settled();
  });

  it('fifty senders of one part leave one of them', async () => {
    const uploadId = await initiate(plane, 'film');
    const replies = await crowd((i) => uploadPart(plane, 'film', uploadId, 1, `piece ${i}`));
    expect(statuses(replies)).toEqual(Array(CROWD).fill(200));
    const rows = await plane.db.selectFrom('parts').selectAll().execute();
    expect(rows.length).toBe(1);
    expect(replies.map((reply) => reply.headers.etag)).toContain(`"${rows[0]?.etag}"`);
    await settled();
  });

  it('fifty completions of one upload make one object and are told the same', async () => {
    const uploadId = await initiate(plane, 'film');
    const part = await uploadPart(plane, 'film', uploadId, 1, randomBytes(KIB));
    const replies = await crowd(() => complete(plane, 'film', uploadId, [[1, String(part.headers.etag)]]));
    expect(statuses(replies)).toEqual(Array(CROWD).fill(200));
    expect(new Set(replies.map((reply) => reply.headers.etag)).size).toBe(1);
    expect(plane.stored.length).toBe(1);
    await settled();
  });

  it('Complete and Abort at one time: either the object or nothing', async () => {
    for (let round = 0; round < 20; round++) {
      const key = `film-${round}`;
      const uploadId = await initiate(plane, key);
      const part = await uploadPart(plane, key, uploadId, 1, 'all of it');
      const completing = () => complete(plane, key, uploadId, [[1, String(part.headers.etag)]]);
      const calls = round % 2 === 0 ? [completing(), abort(key, uploadId)] : [abort(key, uploadId), completing()];
      const [first, second] = (await Promise.all(calls)) as [Reply, Reply];
      const [completed, aborted] = round % 2 === 0 ? [first, second] : [second, first];
      expect([completed.status, aborted.status], key).toSatisfy(
        ([one, other]) => (one === 200 && other === 404) || (one === 404 && other === 204),
      );
      const reply = await get(plane, key);
      expect(completed.status === 200 ? reply.body.toString() : reply.status, key).toBe(
        completed.status === 200 ? 'all of it' : 404,
      );
    }
    await settled();
  });

  it('a part sent again while the upload completes belongs to the object, or is refused', async () => {
    for (let round = 0; round < 20; round++) {
      const key = `film-${round}`;
      const uploadId = await initiate(plane, key);
      const old = await uploadPart(plane, key, uploadId, 1, 'old bytes');
      const [replaced, completed] = await Promise.all([
        uploadPart(plane, key, uploadId, 1, 'new bytes'),
        complete(plane, key, uploadId, [[1, String(old.headers.etag)]]),
      ]);
      const { status, body } = await get(plane, key);
      // The list names the old part: it is either completed before the new one came, or not at all.
      expect([completed.status, replaced.status], key).toSatisfy(
        ([one, other]) => (one === 200 && other === 404) || (one === 400 && other === 200),
      );
      expect(status === 200 ? body.toString() : status, key).toBe(completed.status === 200 ? 'old bytes' : 404);
    }
    await settled();
  });

  it('the last of the objects that share bytes takes the bytes with it, whoever is last', async () => {
    for (let round = 0; round < 5; round++) {
      await multipart(plane, 'source', [randomBytes(KIB), Buffer.from('end')]);
      const source = await plane.db
        .selectFrom('objects')
        .selectAll()
        .where('object_key', '=', 'source')
        .executeTakeFirstOrThrow();
      const names = Array.from({ length: 10 }, (_, i) => `share-${i}`);
      for (const key of names) {
        await plane.oss.contents.share(source, {
          name: { bucket: BUCKET, key },
          contentType: 'video/mp4',
          requestId: 'r',
          prepare: async () => undefined,
        });
      }
      // By both ways there are: the batches of the data plane, and transactions of other rooms.
      await Promise.all(
        [...names, 'source'].map((key, i) =>
          i % 2 === 0
            ? send(plane, { method: 'DELETE', key })
            : transact(plane.db, (transaction) => deleteObject(transaction, { bucket: BUCKET, key }, 0)),
        ),
      );
      plane.oss.wake();
      expect(await plane.db.selectFrom('manifests').selectAll().execute(), `round ${round}`).toEqual([]);
      await settled();
      expect(await plane.files()).toEqual([]);
    }
  });
});
