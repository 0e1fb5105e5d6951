import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { bytesOf } from '../core/part-bytes.js';
import { checkpointRecord } from '../testing/checkpoint-record.js';
import { createUploader } from './create-uploader.js';
import { defaultCheckpointDirectory, FileCheckpoints } from './file-checkpoints.js';
import { type NodeFile, openNodeFile } from './file-source.js';
import { loopbackLookup } from './loopback-lookup.js';
import { NodeHttpStack } from './node-http-stack.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'adapters-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('loopbackLookup', () => {
  const resolve = (name: string, options: object) =>
    new Promise((done, fail) =>
      loopbackLookup(name, options, (error, address, family) => (error ? fail(error) : done([address, family]))),
    );
  it('answers loopback for names under .localhost without a resolver', async () => {
    expect(await resolve('media.oss.localhost', {})).toEqual(['127.0.0.1', 4]);
    expect(await resolve('LOCALHOST.', { family: 6 })).toEqual(['::1', 6]);
    expect(await resolve('a.localhost', { all: true })).toEqual([
      [
        { address: '127.0.0.1', family: 4 },
        { address: '::1', family: 6 },
      ],
      undefined,
    ]);
  });
  it('leaves every other name to the resolver', async () => {
    expect(await resolve('127.0.0.1', {})).toEqual(['127.0.0.1', 4]);
  });
});

describe('NodeHttpStack', () => {
  it('tells progress, keeps connections, and reads an answer that comes before the body is through', async () => {
    const ports = new Set<number | undefined>();
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort);
      if (request.url === '/refuse') {
        response.writeHead(403, { connection: 'close' });
        response.end('no');
        return;
      }
      request.resume().on('end', () => response.end(request.method));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const stack = new NodeHttpStack();
    const sent: number[] = [];
    const request = {
      method: 'PUT',
      headers: [],
      body: new Uint8Array(1_000_000),
      signal: new AbortController().signal,
      onActivity: () => {},
      onUploadProgress: (n: number) => sent.push(n),
    };
    expect((await stack.send({ ...request, url: `${url}/a` })).body).toBe('PUT');
    expect((await stack.send({ ...request, url: `${url}/b` })).status).toBe(200);
    expect(ports.size).toBe(1);
    expect(sent.at(-1)).toBe(1_000_000);
    const small = { ...request, body: new Uint8Array(10) };
    expect(await stack.send({ ...small, url: `${url}/refuse` })).toMatchObject({ status: 403, body: 'no' });
    const controller = new AbortController();
    controller.abort();
    await expect(stack.send({ ...request, url, signal: controller.signal })).rejects.toThrow();
    stack.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
});

describe('file sources', () => {
  it('reads ranges of a path or a file: URL', async () => {
    const path = join(directory, 'a.mp4');
    await writeFile(path, 'hello world');
    const source = await openNodeFile(pathToFileURL(path), {}, chunkedHasher);
    expect(source).toMatchObject({ name: 'a.mp4', size: 11, handle: path });
    const part = await source.slice(6, 11);
    expect(Buffer.from(await bytesOf(part.body)).toString()).toBe('world');
    expect(await part.crc64).toBe(crc64(Buffer.from('world')));
    expect(await source.crc64(0, 5)).toBe(crc64(Buffer.from('hello')));
    part.release?.();
    const big = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 7) % 251));
    await writeFile(join(directory, 'big.mp4'), big);
    const large = await openNodeFile(join(directory, 'big.mp4'), {}, chunkedHasher);
    expect(Buffer.from(await bytesOf((await large.slice(1, 700_000)).body)).equals(big.subarray(1))).toBe(true);
    await large.close?.();
    await truncate(path, 4);
    await expect(source.check()).rejects.toMatchObject({ code: 'FileChanged' });
    await expect(source.crc64(6, 11)).rejects.toMatchObject({ code: 'FileChanged' });
    await rm(path);
    await expect(source.check()).rejects.toMatchObject({ code: 'FileUnreadable' });
    await source.close?.();
  });

  it('remember a path in full: a program elsewhere can open it again', async () => {
    const path = join(directory, 'a.mp4');
    await writeFile(path, 'hello');
    const source = await openNodeFile(relative(process.cwd(), path), {}, chunkedHasher);
    expect(source.handle).toBe(path);
    await source.close?.();
  });
});

const pipeIn = (folder: string): string => {
  const pipe = join(folder, 'pipe.mp4');
  execFileSync('mkfifo', [pipe]);
  return pipe;
};

describe('a path that cannot be opened', () => {
  it.each([
    ['in a file that is no directory', () => join(directory, 'a.mp4', 'b.mp4')],
    ['with a zero byte', () => 'a\0.mp4'],
    ['that is a URL of the web', () => new URL('http://example.com/a.mp4')],
    ['of a directory', () => directory],
    ['of a device', () => '/dev/null'],
    ['of a pipe that nobody writes', () => pipeIn(directory)],
  ])('%s fails its upload, and not upload()', async (_, file) => {
    await writeFile(join(directory, 'a.mp4'), 'hello');
    const uploader = createUploader({ credentials: () => Promise.reject(new Error('not asked')), checkpoints: false });
    await expect(uploader.upload(file()).done).rejects.toMatchObject({ code: 'FileUnreadable' });
    uploader.close();
  });
});

it.each([undefined, null, 5, {}])('%j is nothing that could be uploaded, and is told as that', async (file) => {
  await expect(openNodeFile(file as unknown as NodeFile, {}, chunkedHasher)).rejects.toMatchObject({
    code: 'FileUnreadable',
    message: expect.stringContaining('no path, file: URL, bytes, Blob or stream'),
  });
});

describe('FileCheckpoints', () => {
  it('follows XDG_STATE_HOME', () => {
    expect(defaultCheckpointDirectory({ XDG_STATE_HOME: '/s' })).toBe('/s/sluice/uploads');
    expect(defaultCheckpointDirectory({})).toMatch(/\.local\/state\/sluice\/uploads$/);
  });

  it('keeps records, survives broken files, and refuses names that lead elsewhere', async () => {
    const store = new FileCheckpoints(join(directory, 'deep', 'state'));
    expect(await store.list()).toEqual([]);
    expect(await store.get('f')).toBeUndefined();
    const record = checkpointRecord;
    await store.set(record);
    await writeFile(join(directory, 'deep', 'state', 'g.json'), '{');
    expect(await store.list()).toEqual([record]);
    await store.delete('f');
    await store.delete('f');
    expect(await store.get('f')).toBeUndefined();
    await expect(store.get('../f')).rejects.toThrow(RangeError);
  });

  it.runIf(process.platform === 'linux')(
    'tells where no directory can be made, also of a file system that denies it oddly',
    async () => {
      const store = new FileCheckpoints('/proc/sluice/uploads');
      await expect(store.set(checkpointRecord)).rejects.toThrow('/proc/sluice cannot be made');
    },
  );
});
