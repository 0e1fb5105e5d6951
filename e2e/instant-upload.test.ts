/** Videos made of content that is stored already, on the running product: with tokens of the AppServer, and under kills. */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { crc64, decodeUploadAddress, decodeUploadAuth } from '@sluice/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { assumeUploadRole, callApi, callOss, callVod, type Keys, requestToken } from './support/api.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

const KILLS = 6;
const WORKERS = 4;
const film = randomBytes(5_000_000);
const sha256 = createHash('sha256').update(film).digest('hex');
const sums = { FileSize: String(film.length), Crc64: crc64(film).toString() };

let data: string;
let server: ServerProcess;
beforeEach(async () => {
  data = await temporaryDirectory();
  server = await startServer({ data });
});
afterEach(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

const vod = (keys: Keys, action: string, params: Readonly<Record<string, string>> = {}) =>
  callApi(server.api, keys, '2017-03-21', action, params);

async function upload(keys: Keys): Promise<string> {
  const { body } = await vod(keys, 'CreateUploadVideo', { FileName: 'film.mp4' });
  const address = decodeUploadAddress(String(body.UploadAddress));
  const auth = decodeUploadAuth(String(body.UploadAuth));
  if (!address || !auth) throw new Error('UploadAddress or UploadAuth do not decode');
  const grant = {
    accessKeyId: auth.AccessKeyId,
    accessKeySecret: auth.AccessKeySecret,
    securityToken: auth.SecurityToken,
  };
  const stored = await callOss(server, grant, 'PUT', address.Bucket, address.FileName, { body: film });
  expect(stored.status).toBe(200);
  return String(body.VideoId);
}

function proofOf(challenge: string): string {
  const nonce = Buffer.from(challenge, 'base64');
  const proof = createHash('sha256').update(nonce);
  for (let at = 0; at < film.length; at += 4_194_304) {
    proof.update(
      createHash('sha256')
        .update(nonce)
        .update(film.subarray(at, at + 4_194_304))
        .digest(),
    );
  }
  return proof.digest('hex');
}

/** @returns the video, or `undefined` when the server did not have the content or was killed */
async function instant(keys: Keys): Promise<string | undefined> {
  const found = await vod(keys, 'FindContent', sums);
  if (found.body.Found !== true) return undefined;
  const Challenge = String(found.body.Challenge);
  const made = await vod(keys, 'CreateVideoFromContent', {
    ...sums,
    FileName: 'mine.mp4',
    Challenge,
    Proof: proofOf(Challenge),
  });
  return made.status === 200 ? String(made.body.VideoId) : undefined;
}

test('the token of the AppServer allows to list, to find and to create, and no more than before', async () => {
  const keys = await requestToken(server);
  const first = await upload(keys);
  const second = await instant(keys);
  if (!second) throw new Error('nothing was made');
  expect(second).not.toBe(first);
  expect(await storedMedia(server, second)).toMatchObject({ sha256, size: film.length });
  const begun = await vod(keys, 'CreateUploadVideo', { FileName: 'open.mp4', FileSample: 'abc', PartUnit: '1048576' });
  const address = decodeUploadAddress(String(begun.body.UploadAddress));
  const auth = decodeUploadAuth(String(begun.body.UploadAuth));
  const grant = {
    accessKeyId: auth?.AccessKeyId ?? '',
    accessKeySecret: auth?.AccessKeySecret ?? '',
    securityToken: auth?.SecurityToken ?? '',
  };
  const query = [['uploads', '']] as const;
  await callOss(server, grant, 'POST', address?.Bucket ?? '', address?.FileName ?? '', { query });
  const listed = await vod(keys, 'ListUnfinishedUploads');
  expect(listed.body).toMatchObject({
    Uploads: [{ VideoId: begun.body.VideoId, FileSample: 'abc', PartUnit: 1_048_576, UploadedSize: 0 }],
    IsTruncated: false,
  });
  // The credential of an upload signs for its object, and for nothing of the control plane.
  expect((await vod(grant, 'FindContent', sums)).status).toBe(403);
  expect((await vod(grant, 'ListUnfinishedUploads')).status).toBe(403);
});

test(`${KILLS} kills while videos are made of stored content and deleted: none dangles, nothing leaks`, async ({
  signal,
}) => {
  const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
  const sessions = await Promise.all(
    Array.from({ length: WORKERS }, (_, i) => assumeUploadRole(server, { RoleSessionName: `worker-${i}` })),
  );
  const [first] = sessions;
  if (!first) throw new Error('no session');
  const acknowledged = new Set([await upload(first)]);
  let instants = 0;
  let over = false;

  /** Makes videos and deletes others, whatever happens to the server meanwhile. */
  async function work(keys: Keys): Promise<void> {
    while (!over && !signal.aborted) {
      try {
        const made = await instant(keys);
        if (made) instants++;
        acknowledged.add(made ?? (await upload(keys)));
        const victim = [...acknowledged][randomInt(acknowledged.size)];
        if (victim !== undefined && acknowledged.size > 3) {
          acknowledged.delete(victim);
          await callVod(server, 'DeleteVideo', { VideoIds: victim });
        }
      } catch {
        // The server is dead for a moment.
        await sleep(20);
      }
    }
  }

  const workers = Promise.all(sessions.map(work));
  for (let kills = 0; kills < KILLS; kills++) {
    // Each time in the middle of the work, however slow the machine is.
    for (const before = instants; instants <= before; signal.throwIfAborted()) await sleep(10);
    await sleep(randomInt(0, 300));
    await server.kill();
    server = await startServer({ data, ...ports });
  }
  over = true;
  await workers;

  expect(instants).toBeGreaterThanOrEqual(KILLS);
  for (const videoId of acknowledged) expect(await storedMedia(server, videoId)).toMatchObject({ sha256 });
  await expectSound();

  const all = await mediaIds();
  for (const videoId of all) await callVod(server, 'DeleteVideo', { VideoIds: videoId });
  await expectSound();
  expect(await files()).toEqual([]);
});

const files = async () =>
  (await readdir(join(data, 'objects'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath.slice(join(data, 'objects').length).replaceAll('/', '')}${entry.name}`)
    .sort();

async function withIndex<T>(look: (db: InstanceType<typeof DatabaseSync>) => T): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), 'sluice-index-'));
  try {
    for (const name of ['sluice.db', 'sluice.db-wal'])
      await copyFile(join(data, name), join(copy, name)).catch(() => {});
    const db = new DatabaseSync(join(copy, 'sluice.db'));
    try {
      return look(db);
    } finally {
      db.close();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

const mediaIds = () =>
  withIndex((db) => (db.prepare('SELECT media_id FROM media').all() as { media_id: string }[]).map((m) => m.media_id));

/** After a clean stop and a start with its sweep: every row has its bytes, every byte its row. */
async function expectSound(): Promise<void> {
  const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
  await server.stop();
  server = await startServer({ data, ...ports });
  const named = await withIndex((db) => {
    const count = (sql: string) => (db.prepare(sql).get() as { n: number }).n;
    expect(
      count(
        'SELECT count(*) n FROM objects o LEFT JOIN manifests m ON m.object_id = o.manifest_id WHERE m.object_id IS NULL',
      ),
    ).toBe(0);
    expect(
      count(
        'SELECT count(*) n FROM manifests m WHERE NOT EXISTS (SELECT 1 FROM objects o WHERE o.manifest_id = m.object_id)',
      ),
    ).toBe(0);
    expect(
      count(
        "SELECT count(*) n FROM media v WHERE v.status <> 'Uploading' AND NOT EXISTS (SELECT 1 FROM objects o WHERE o.object_key = v.object_key)",
      ),
    ).toBe(0);
    // One that was made of content never waits for an upload.
    expect(count("SELECT count(*) n FROM media v WHERE v.status = 'Uploading' AND v.file_name = 'mine.mp4'")).toBe(0);
    return (db.prepare('SELECT blobs FROM manifests').all() as { blobs: string }[])
      .flatMap(({ blobs }) => (JSON.parse(blobs) as [string, number][]).map(([blob]) => blob))
      .sort();
  });
  await expect.poll(files, { timeout: 20_000 }).toEqual(named);
}
