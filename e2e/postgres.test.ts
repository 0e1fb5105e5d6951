/** Sluice on a real PostgreSQL, as an operator meets it: restarts, kills, and a database that goes away and comes back. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createUploader, type UploaderOptions } from '@sluice/uploader/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ensurePostgres, startPostgres, type TestPostgres } from '../scripts/postgres.mjs';
import { assumeUploadRole, callOss, callSts, callVod, requestToken } from './support/api.js';
import { writeSample } from './support/files.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

const available = ensurePostgres() !== undefined;
if (!available)
  console.error('\n*** There is no PostgreSQL and it could not be installed: its tests are SKIPPED. ***\n');

const SIZE = 30_000_000;
let postgres: TestPostgres;
let directory: string;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (!available) return;
  [postgres, directory] = await Promise.all([startPostgres(), temporaryDirectory()]);
});
afterEach(async () => {
  await postgres?.start();
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(async () => {
  await postgres?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Schemas are few and small: each test has one, and a data directory. */
async function newHouse(schema: string) {
  const data = join(directory, schema);
  const env = { SLUICE_DATABASE: postgres.url, SLUICE_DATABASE_SCHEMA: schema, SLUICE_DATABASE_TIMEOUT: '5' };
  return { data, env };
}
async function start(options: Parameters<typeof startServer>[0]): Promise<ServerProcess> {
  const server = await startServer(options);
  closers.push(() => server.stop());
  return server;
}
const portsOf = (server: ServerProcess) => ({
  api: `127.0.0.1:${server.apiPort}`,
  oss: `127.0.0.1:${server.ossPort}`,
});

function patientUploader(server: () => ServerProcess, options: Partial<UploaderOptions> = {}) {
  const uploader = createUploader({
    endpoint: server().api,
    credentials: () => requestToken(server()),
    partSize: 102_400,
    parallel: 4,
    checkpoints: false,
    retryCount: 1000,
    retryDelay: 20,
    ...options,
  });
  closers.push(async () => uploader.close());
  return uploader;
}

/** What really lies on the disk for a media: the index is asked of PostgreSQL, the bytes are read from the files. */
async function storedMedia(server: ServerProcess, schema: string, mediaId: string) {
  const query = `set search_path = ${schema}; select json_build_object('size', o.size, 'blobs', m.blobs::json) from media v
    join objects o on o.bucket = v.bucket and o.object_key = v.object_key
    join manifests m on m.object_id = o.manifest_id where v.media_id = '${mediaId}'`;
  const asked = spawnSync(join(postgres.bin, 'psql'), [postgres.url, '-qAtc', query], { encoding: 'utf8' });
  if (asked.status !== 0 || asked.stdout.trim() === '') throw new Error(`nothing is stored: ${asked.stderr}`);
  const { size, blobs } = JSON.parse(asked.stdout) as { size: number; blobs: [string, number][] };
  const hash = createHash('sha256');
  for (const [blob] of blobs) {
    hash.update(await readFile(join(server.data, 'objects', blob.slice(0, 2), blob.slice(2, 4), blob.slice(4))));
  }
  return { size, sha256: hash.digest('hex') };
}

/** Waits until so many parts are stored. */
async function partsStored(server: ServerProcess, count: number): Promise<void> {
  const stored = () => server.requests.filter((r) => r.operation === 'UploadPart' && r.status === 200).length;
  for (let waited = 0; stored() < count; waited += 10) {
    if (waited > 60_000) throw new Error(`only ${stored()} parts were stored`);
    await sleep(10);
  }
}

async function refusedStart(house: Awaited<ReturnType<typeof newHouse>>, env: Record<string, string> = {}) {
  const args = [cli, 'serve', '--data', house.data, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...house.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const [code] = await once(child, 'close');
  expect(text).not.toContain(postgres.password);
  return { code, lines: text.trim().split('\n') };
}

describe.skipIf(!available)('on PostgreSQL', () => {
  test('an upload goes on after restarts and kills, and what was stored is there', async () => {
    const house = await newHouse('restarts');
    const file = join(directory, 'restarts.mp4');
    const sha256 = await writeSample(file, SIZE, 1);
    let server = await start(house);
    const ports = portsOf(server);
    const done = patientUploader(() => server).upload(file).done;
    for (const end of ['kill', 'stop', 'kill'] as const) {
      await partsStored(server, 40);
      await server[end]();
      server = await start({ ...house, ...ports });
    }
    const { videoId } = await done;
    expect(await storedMedia(server, house.env.SLUICE_DATABASE_SCHEMA, videoId ?? '')).toMatchObject({
      size: SIZE,
      sha256,
    });
    await server.stop();
    server = await start({ ...house, ...ports });
    expect(await storedMedia(server, house.env.SLUICE_DATABASE_SCHEMA, videoId ?? '')).toMatchObject({
      size: SIZE,
      sha256,
    });
  });

  test.each([
    ['is stopped', 'SIGINT'],
    ['crashes', 'SIGQUIT'],
  ] as const)(
    'while the database %s the answers are 503 and never 403, and after it all goes on',
    async (_, signal) => {
      const house = await newHouse(`away_${signal.toLowerCase()}`);
      const file = join(directory, `${signal}.mp4`);
      const sha256 = await writeSample(file, SIZE, 2);
      const server = await start(house);
      const session = await assumeUploadRole(server);
      const { bucket } = server.credentials;
      expect((await callOss(server, session, 'PUT', bucket, 'before', { body: Buffer.from('kept') })).status).toBe(200);
      const done = patientUploader(() => server).upload(file).done;
      await partsStored(server, 40);
      await postgres.halt(signal);

      const put = await callOss(server, session, 'PUT', bucket, 'meanwhile', { body: Buffer.from('x') });
      expect([put.status, put.body.toString()]).toEqual([
        503,
        expect.stringContaining('<Code>ServiceUnavailable</Code>'),
      ]);
      const get = await callOss(server, session, 'GET', bucket, 'before');
      expect(get.status).toBe(503);
      const sts = await callSts(server, 'GetCallerIdentity');
      expect([sts.status, sts.body.Code]).toEqual([503, 'ServiceUnavailable']);
      const vod = await callVod(server, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
      expect([vod.status, vod.body.Code]).toEqual([503, 'ServiceUnavailable']);
      // Tokens that are still good are kept by the AppServer.
      expect((await fetch(`${server.api}/token`, { method: 'POST' })).status).toSatisfy((s) => s === 200 || s >= 500);
      expect(server.process.exitCode).toBeNull();

      await postgres.start();
      const { videoId } = await done;
      expect(await storedMedia(server, house.env.SLUICE_DATABASE_SCHEMA, videoId ?? '')).toMatchObject({
        size: SIZE,
        sha256,
      });
      expect((await callOss(server, session, 'GET', bucket, 'before')).body.toString()).toBe('kept');
      expect((await callOss(server, session, 'GET', bucket, 'meanwhile')).status).toBe(404);
      expect(server.requests.filter((request) => request.status === 403)).toEqual([]);
    },
  );

  test('a database that cannot be used is refused in one line, without the password', async () => {
    const house = await newHouse('refused');
    await start(house);
    const second = await refusedStart({ ...house, data: `${house.data}-2` });
    expect(second.lines).toEqual([expect.stringMatching(/is in use by another server$/)]);
    const wrong = postgres.url.replace(/@127\.0\.0\.1:\d+/, '@127.0.0.1:1');
    const away = await refusedStart(house, { SLUICE_DATABASE: wrong });
    expect(away.lines).toEqual([expect.stringMatching(/at 127\.0\.0\.1:1, .* cannot be reached: /)]);
    const unusable = await refusedStart(house, { SLUICE_DATABASE: postgres.url.replace('postgres://', 'mysql://') });
    expect(unusable.lines).toEqual([expect.stringMatching(/setting database: expected "sqlite" or postgres:/)]);
    expect([second.code, away.code, unusable.code].every((code) => code !== 0)).toBe(true);
  });
});
