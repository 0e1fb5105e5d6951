/** The product on a real S3 store, as an operator sets it up and users meet it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRgw, objectNames, type RgwContext, rgwClient } from '../packages/server/src/testing/rgw.js';
import { startTcpGate, type TcpGate } from '../packages/server/src/testing/tcp-gate.js';
import { assumeUploadRole } from './support/api.js';
import { sha256, sha256File, writeSample } from './support/files.js';
import { cli, type LoggedRequest, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

const OSS = createRequire(import.meta.url)('ali-oss');

let rgw: RgwContext;
let client: S3Client;
let gate: TcpGate;
let directory: string;
let server: ServerProcess;
let env: Record<string, string>;

beforeAll(async () => {
  const found = findRgw();
  if (!found) return;
  rgw = found;
  client = rgwClient(rgw);
  gate = await startTcpGate(new URL(rgw.endpoint));
  directory = await temporaryDirectory();
  env = {
    SLUICE_STORAGE: 's3',
    SLUICE_S3_ENDPOINT: `http://127.0.0.1:${gate.port}`,
    SLUICE_S3_BUCKET: rgw.bucket,
    SLUICE_S3_PREFIX: `e2e/${randomBytes(4).toString('hex')}/`,
    SLUICE_S3_ACCESS_KEY_ID: rgw.keys.accessKeyId,
    SLUICE_S3_SECRET_ACCESS_KEY: rgw.keys.secretAccessKey,
  };
  server = await startServer({ data: join(directory, 'data'), env });
});
afterAll(async () => {
  await server?.stop();
  await gate?.close();
  client?.destroy();
  if (directory) await rm(directory, { recursive: true, force: true });
});

const folder = () => `${env.SLUICE_S3_PREFIX}${server.credentials.accountId}/blobs/`;
const blobs = () => objectNames(client, rgw.bucket, folder());
const eventually = async (what: () => Promise<boolean>): Promise<void> => {
  for (let waited = 0; !(await what()); waited += 100) {
    if (waited > 20_000) throw new Error('it did not happen');
    await sleep(100);
  }
};

/** Kills it like a power cut, and starts it again at the same place. */
async function restart(): Promise<void> {
  const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
  await server.kill();
  server = await startServer({ data: server.data, env, ...ports });
}

async function officialClient() {
  const { accessKeyId, accessKeySecret, securityToken } = await assumeUploadRole(server);
  const { bucket, region } = server.credentials;
  return new OSS({
    accessKeyId,
    accessKeySecret,
    stsToken: securityToken,
    bucket,
    region: `oss-${region}`,
    endpoint: server.oss,
  });
}

function sluiceUpload(file: string): { child: ChildProcess; done: Promise<{ code: number | null; err: string }> } {
  const args = ['upload', '--part-size', '102400', '--parallel', '3', file];
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SLUICE_ENDPOINT: server.api, SLUICE_STATE_DIR: join(directory, 'state') },
  });
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  return { child, done: once(child, 'close').then(([code]) => ({ code: code as number | null, err })) };
}

/** Fits a later part of an upload that begins after this call. */
const ofNewUpload = () => {
  const earlier = new Set(server.requests);
  return (request: LoggedRequest): boolean =>
    request.operation === 'UploadPart' && (request.partNumber ?? 0) >= 40 && !earlier.has(request);
};

const readBack = async (err: string) => {
  const id = /VideoId ([0-9a-f]{32})/.exec(err)?.[1] ?? '';
  return storedMedia(server, id, async (blob) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: rgw.bucket, Key: `${folder()}${blob}` }));
    return Body as unknown as AsyncIterable<unknown>;
  });
};

test('ali-oss uploads in parts of 100 KiB, far below the smallest of S3, and gets the same back', async () => {
  const oss = await officialClient();
  const file = join(directory, 'official.bin');
  const hash = await writeSample(file, 5_000_000, 3);
  await oss.multipartUpload('clients/parts.bin', file, { partSize: 102_400, parallel: 5 });
  const got = join(directory, 'got.bin');
  await oss.get('clients/parts.bin', got);
  expect(await sha256File(got)).toBe(hash);
  const middle = await oss.get('clients/parts.bin', { headers: { Range: 'bytes=102000-307999' } });
  expect(middle.content.length).toBe(206_000);
  expect((await blobs()).length).toBe(49);
  const chunked = randomBytes(7_000_000);
  await oss.putStream('clients/stream.bin', (await import('node:stream')).Readable.from([chunked]));
  expect(sha256((await oss.get('clients/stream.bin')).content)).toBe(sha256(chunked));
});

test('an abort gives the space back', async () => {
  const oss = await officialClient();
  const before = (await blobs()).length;
  const { uploadId } = await oss.initMultipartUpload('clients/aborted.bin');
  const file = join(directory, 'aborted.bin');
  await writeSample(file, 300_000, 5);
  await oss.uploadPart('clients/aborted.bin', uploadId, 1, file, 0, 102_400);
  await oss.uploadPart('clients/aborted.bin', uploadId, 2, file, 102_400, 204_800);
  expect((await blobs()).length).toBe(before + 2);
  await oss.abortMultipartUpload('clients/aborted.bin', uploadId);
  await eventually(async () => (await blobs()).length === before);
});

test('the server is killed in the middle of an upload, which goes on; nothing is left over', async () => {
  const file = join(directory, 'killed.mp4');
  const hash = await writeSample(file, 20_000_000, 11);
  const before = (await blobs()).length;
  const inTheMiddle = ofNewUpload();
  const upload = sluiceUpload(file);
  await server.logged(inTheMiddle);
  await restart();
  const { code, err } = await upload.done;
  expect([code, err]).toEqual([0, expect.stringMatching(/VideoId [0-9a-f]{32}/)]);
  expect(await readBack(err)).toMatchObject({ size: 20_000_000, sha256: hash });
  await restart();
  await eventually(async () => (await blobs()).length === before + Math.ceil(20_000_000 / 102_400));
  const page = await client.send(new ListMultipartUploadsCommand({ Bucket: rgw.bucket, Prefix: folder() }));
  expect(page.Uploads ?? []).toEqual([]);
});

test('the store goes away in the middle of an upload: clients hear 503, never 403, and go on when it is back', async () => {
  const file = join(directory, 'outage.mp4');
  const hash = await writeSample(file, 20_000_000, 13);
  const inTheMiddle = ofNewUpload();
  const upload = sluiceUpload(file);
  await server.logged(inTheMiddle);
  const { port } = gate;
  await gate.close();
  const refused = await server.logged(({ operation, status }) => operation === 'UploadPart' && status >= 400);
  expect(refused).toMatchObject({ status: 503, code: 'ServiceUnavailable' });
  const oss = await officialClient();
  await expect(oss.get('clients/parts.bin')).rejects.toMatchObject({ status: 503, code: 'ServiceUnavailable' });
  await expect(oss.put('clients/new.bin', Buffer.from('x'))).rejects.toMatchObject({ status: 503 });
  gate = await startTcpGate(new URL(rgw.endpoint), port);
  const { code, err } = await upload.done;
  expect([code, err]).toEqual([0, expect.stringMatching(/VideoId [0-9a-f]{32}/)]);
  expect(await readBack(err)).toMatchObject({ size: 20_000_000, sha256: hash });
  expect(server.requests.filter(({ status }) => status === 403)).toEqual([]);
});

test('with settings that are wrong it says so in a line and ends', async () => {
  const bad = { ...env, SLUICE_S3_SECRET_ACCESS_KEY: 'not-the-secret' };
  const error = await startServer({ data: join(directory, 'bad'), env: bad }).catch((thrown: Error) => thrown);
  const { message } = error as Error;
  expect(message).toMatch(/the server ended with 1: .*cannot be used: .*SLUICE_S3_SECRET_ACCESS_KEY/);
  expect(message).not.toContain('not-the-secret');
});
