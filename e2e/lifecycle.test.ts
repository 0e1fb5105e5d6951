import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createUploader } from '@sluice/uploader/node';
import { afterEach, describe, expect, test } from 'vitest';
import { assumeUploadRole, callOss, callVod, type Keys, openOss, requestToken } from './support/api.js';
import { sha256, writeSample } from './support/files.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(...[options]: Parameters<typeof startServer>): Promise<ServerProcess> {
  const server = await startServer(options);
  closers.push(() => server.stop());
  return server;
}

async function directory(): Promise<string> {
  const path = await temporaryDirectory();
  closers.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Runs `sluice serve` that is expected to end by itself. */
async function failingStart(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const child = spawn(process.execPath, [cli, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  const [code] = await once(child, 'close');
  return { code: code as number | null, lines: text.trim().split('\n') };
}

describe('starting', () => {
  test('the first start makes what is needed; later ones change nothing', async () => {
    const data = await directory();
    const first = await startServer({ data });
    expect(await first.stop()).toBe(0);
    const file = join(data, 'credentials.json');
    const before = await readFile(file, 'utf8');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(before)).toEqual({
      accountId: expect.stringMatching(/^\d{16}$/),
      root: { user: 'root', password: expect.stringMatching(/^.{16,}$/) },
      appServer: { accessKeyId: expect.any(String), accessKeySecret: expect.any(String) },
      uploadRoleArn: expect.stringMatching(/^acs:ram::\d{16}:role\/sluice-upload$/),
      bucket: expect.any(String),
      region: expect.any(String),
    });
    const second = await start({ data });
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(second.credentials).toEqual(first.credentials);
    const { status, body } = await callVod(second, 'CreateUploadVideo', { Title: 't', FileName: 'a.mp4' });
    expect([status, Object.keys(body).sort()]).toEqual([200, ['RequestId', 'UploadAddress', 'UploadAuth', 'VideoId']]);
  });

  test('a port in use gives one clear line', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    closers.push(async () => other.close());
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await failingStart(
      '--data',
      await directory(),
      '--api',
      `127.0.0.1:${port}`,
      '--oss',
      '127.0.0.1:0',
    );
    expect(code).toBe(1);
    expect(lines).toEqual([
      `sluice: port ${port} on 127.0.0.1 is in use; stop the other program or choose another --api address`,
    ]);
  });

  test('a directory that cannot be used gives one clear line', async () => {
    const inTheWay = join(await directory(), 'file');
    await writeFile(inTheWay, 'x');
    for (const path of [inTheWay, join(inTheWay, 'below'), '/proc/sluice']) {
      const { code, lines } = await failingStart('--data', path, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0');
      expect(code).toBe(1);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(`the data directory ${path} cannot be used`);
    }
  });

  test.each([
    ['overwritten', (file: string) => writeFile(file, randomBytes(64 * 1024))],
    ['cut short', (file: string) => truncate(file, 5000)],
    ['of another program', (file: string) => writeFile(file, 'SQLite is not this')],
  ])('a database that was %s gives one clear line', async (_how, damage) => {
    const data = await directory();
    await (await startServer({ data })).stop();
    const file = join(data, 'sluice.db');
    await damage(file);
    const { code, lines } = await failingStart('--data', data, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0');
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`the database ${file} is damaged`);
  });

  test('a database that is gone while its objects are there is not taken for a first start', async () => {
    const data = await directory();
    const server = await startServer({ data });
    const keys = await assumeUploadRole(server);
    await callOss(server, keys, 'PUT', server.credentials.bucket, 'kept.bin', { body: randomBytes(10) });
    await server.stop();
    await rm(join(data, 'sluice.db'));
    const { code, lines } = await failingStart('--data', data, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0');
    expect([code, lines.length]).toEqual([1, 1]);
    expect(lines[0]).toContain('holds an installation: name its database, restore a backup');
  });

  test('a second server on the same directory is refused', async () => {
    const server = await start();
    const { code, lines } = await failingStart('--data', server.data, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0');
    expect([code, lines.length]).toEqual([1, 1]);
    expect(lines[0]).toContain('is in use by another server');
  });

  test('a wrong option, variable or file names itself', async () => {
    const data = await directory();
    expect(await failingStart('--data', data, '--api', 'nonsense')).toEqual({
      code: 2,
      lines: ['sluice: setting api: expected host:port, got "nonsense"'],
    });
    const file = join(data, 'config.yaml');
    await writeFile(file, 'uploadAuthSecond: 5\n');
    expect((await failingStart('--config', file)).lines).toEqual(['sluice: unknown setting uploadAuthSecond']);
  });

  test('prints where to look', async () => {
    const child = spawn(
      process.execPath,
      [cli, 'serve', '--data', await directory(), '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    while (!text.includes('Ctrl-C')) await sleep(20);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    for (const word of ['demo page', 'http://127.0.0.1:', 'oss.localhost', 'credentials.json'])
      expect(text).toContain(word);
  });
});

describe('stopping', () => {
  test('a part in flight is finished and acknowledged', async () => {
    const data = await directory();
    const server = await startServer({ data });
    const keys = await assumeUploadRole(server);
    const uploadId = await initiate(server, keys, 'slow.bin');
    const half = randomBytes(200_000);
    const { request, answered } = openOss(server, keys, 'PUT', server.credentials.bucket, 'slow.bin', {
      query: [
        ['partNumber', '1'],
        ['uploadId', uploadId],
      ],
      length: 2 * half.length,
    });
    request.write(half);
    await sleep(200);
    const stopped = server.stop();
    await sleep(200);
    request.end(half);
    expect((await answered).status).toBe(200);
    expect(await stopped).toBe(0);

    const again = await start({ data });
    const list = await callOss(again, await assumeUploadRole(again), 'GET', again.credentials.bucket, 'slow.bin', {
      query: [['uploadId', uploadId]],
    });
    expect(list.body.toString()).toContain('<Size>400000</Size>');
  });

  test('killed in the middle: acknowledged parts are there, the upload goes on, nothing is half', async () => {
    const data = await directory();
    const file = join(data, '..', `${createHash('sha1').update(data).digest('hex')}.mp4`);
    closers.push(() => rm(file, { force: true }));
    const expected = await writeSample(file, 40_000_000, 5);
    const server = await startServer({ data });
    const { apiPort, ossPort } = server;
    const uploader = createUploader({
      endpoint: server.api,
      credentials: () => requestToken(server),
      partSize: 262_144,
      checkpoints: false,
      retryCount: 50,
      retryDelay: 50,
    });
    closers.push(async () => uploader.close());
    const task = uploader.upload(file);
    await server.logged(
      ({ operation, status, partNumber }) => operation === 'UploadPart' && status === 200 && (partNumber ?? 0) > 20,
    );
    await server.kill();
    const again = await start({ data, api: `127.0.0.1:${apiPort}`, oss: `127.0.0.1:${ossPort}` });
    const { videoId } = await task.done;
    expect((await storedMedia(again, videoId ?? '')).sha256).toBe(expected);
  });
});

describe('events', () => {
  test('FileUploadComplete arrives with the documented signature, also when the receiver was away', async () => {
    const received: { headers: Record<string, unknown>; body: Record<string, unknown> }[] = [];
    const receiver = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      received.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(received.length === 1 ? 500 : 200).end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    closers.push(async () => receiver.close());
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events?a=1`;
    const server = await start({ args: ['--callback-url', url, '--callback-auth-key', 'Secret123'] });
    const uploader = createUploader({
      endpoint: server.api,
      credentials: () => requestToken(server),
      checkpoints: false,
    });
    closers.push(async () => uploader.close());
    const data = randomBytes(300_000);
    const { videoId } = await uploader.upload(data, { fileName: 'e.mp4', userData: { Extend: { order: 7 } } }).done;
    while (received.length < 2) await sleep(20);
    const { headers, body } = received[1] as (typeof received)[0];
    const stamp = headers['x-vod-timestamp'] as string;
    expect(stamp).toMatch(/^\d{10}$/);
    expect(headers['x-vod-signature']).toBe(createHash('md5').update(`${url}|${stamp}|Secret123`).digest('hex'));
    expect(body).toEqual({
      EventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      EventType: 'FileUploadComplete',
      VideoId: videoId,
      Status: 'success',
      Size: 300_000,
      FileUrl: expect.stringMatching(/^http:\/\/sluice-uploads\.oss\.localhost:\d+\/media\//),
      Extend: '{"order":7}',
    });
    expect((await storedMedia(server, videoId ?? '')).sha256).toBe(sha256(data));
  });
});

async function initiate(server: ServerProcess, keys: Keys, key: string): Promise<string> {
  const answer = await callOss(server, keys, 'POST', server.credentials.bucket, key, { query: [['uploads', '']] });
  return /<UploadId>([^<]+)</.exec(answer.body.toString())?.[1] ?? '';
}
