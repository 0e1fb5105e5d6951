/** The scrubber over a real S3 store: bytes that changed or went there are found, told, and taken back when they are right again. */
import { randomBytes } from 'node:crypto';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findRgw, objectNames, type RgwContext, rgwClient } from '../../testing/rgw.js';
import { get, multipart, put } from '../testing/client.js';
import { BUCKET, startPlane, type TestPlane } from '../testing/data-plane.js';

const KIB100 = 100 * 1024;
const pieces = [randomBytes(KIB100), randomBytes(KIB100), Buffer.from('end')];
let plane: TestPlane;
beforeEach(async () => {
  plane = await startPlane();
});
afterEach(() => plane.close());

const scrub = () =>
  plane.oss.scrubber.run({ bytesPerSecond: Number.POSITIVE_INFINITY, signal: new AbortController().signal });

const blobsOf = async (key: string): Promise<string[]> => {
  const { blobs } = await plane.db
    .selectFrom('objects')
    .innerJoin('manifests', 'manifests.object_id', 'objects.manifest_id')
    .select('blobs')
    .where('object_key', '=', key)
    .executeTakeFirstOrThrow();
  return (JSON.parse(blobs) as [string][]).map(([blob]) => blob);
};

/** What the store has for a blob, for others to tamper with. */
async function storeOf(blob: string) {
  const { bucket: Bucket, ...rgw } = findRgw() as RgwContext;
  const client = rgwClient({ bucket: Bucket, ...rgw });
  const Key = (await objectNames(client, Bucket, '')).find((name) => name.endsWith(blob));
  return {
    read: async () => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    write: (Body: Buffer) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    remove: () => client.send(new DeleteObjectCommand({ Bucket, Key })),
  };
}

it('a scrub of what is sound finds nothing', async () => {
  await multipart(plane, 'film', pieces);
  await put(plane, 'empty', '');
  expect(await scrub()).toMatchObject({ clean: true, blobs: 4, bytes: 2 * KIB100 + 3, damaged: 0, unreadable: 0 });
});

it('finds a blob that was changed, and heals it when it is right again', async () => {
  await multipart(plane, 'film', pieces);
  const [, second = ''] = await blobsOf('film');
  const store = await storeOf(second);
  const right = await store.read();
  const wrong = Buffer.from(right);
  wrong[70_000] = (wrong[70_000] as number) ^ 1;
  await store.write(wrong);
  const report = await scrub();
  expect(report).toMatchObject({ clean: false, damaged: 1 });
  expect(report.quarantine).toMatchObject([
    { blob: second, reason: 'changed', objects: [{ bucket: BUCKET, key: 'film' }] },
  ]);
  expect((await get(plane, 'film')).status).toBe(500);
  expect((await get(plane, 'film', { range: 'bytes=0-99' })).status).toBe(206);
  await store.write(right);
  expect(await scrub()).toMatchObject({ clean: true, healed: 1 });
  expect((await get(plane, 'film')).body.equals(Buffer.concat(pieces))).toBe(true);
});

it('finds a blob that is missing, and one that is short', async () => {
  await multipart(plane, 'film', pieces);
  const [first = '', second = ''] = await blobsOf('film');
  await (await storeOf(first)).remove();
  await (await storeOf(second)).write(Buffer.from('short'));
  const report = await scrub();
  const found = Object.fromEntries(report.quarantine.map(({ blob, reason }) => [blob, reason]));
  expect(found).toEqual({ [first]: 'missing', [second]: 'short' });
});
