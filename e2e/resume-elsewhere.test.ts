/** An upload that was begun on one device and is gone on with on another: what the server tells is enough. */
import { copyFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createUploader, type NodeUploaderOptions } from '@sluice/uploader/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

const SIZE = 40_000_000;

let server: ServerProcess;
let directory: string;
let file: string;
let expected: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  file = join(directory, 'talk.mp4');
  [server, expected] = await Promise.all([startServer(), writeSample(file, SIZE, 7)]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Remembers in a directory of its own: nothing but the server is shared. */
function device(name: string, options: Partial<NodeUploaderOptions> = {}) {
  return createUploader({
    endpoint: server.api,
    credentials: () => requestToken(server),
    directory: join(directory, name),
    ...options,
  });
}

async function begin(): Promise<void> {
  const first = device('first', { bandwidth: 20_000_000 });
  const task = first.upload(file);
  let parts = 0;
  await new Promise<void>((resolve) => {
    task.on('partuploaded', () => {
      if (++parts === 4) resolve();
    });
  });
  first.close();
  await expect(task.done).rejects.toMatchObject({ code: 'Closed' });
}

describe('an upload of another device', () => {
  test('is listed, recognised by its content alone, and goes on without sending what is there', async () => {
    await begin();
    const copy = join(directory, 'copy of the talk.mp4');
    await copyFile(file, copy);
    await utimes(copy, 1, 1);
    const second = device('second');
    // Parts that were under way when the first one closed may still arrive.
    const before = [...server.requests];
    const [unfinished] = await second.unfinished();
    expect(unfinished).toMatchObject({ fileName: 'talk.mp4', size: SIZE, origin: 'server' });
    expect(unfinished?.loaded).toBeGreaterThan(0);
    const { videoId = '' } = (await unfinished?.resume(copy)) ?? {};
    expect(videoId).toBe(unfinished?.videoId);
    const stored = await storedMedia(server, videoId);
    expect(stored).toMatchObject({ size: SIZE, sha256: expected });
    await server.logged(({ operation, key }) => operation === 'CompleteMultipartUpload' && key === stored.key);
    const parts = partsSent(server, stored.key);
    const there = partsSent({ requests: before }, stored.key).acknowledged;
    expect(there.size).toBeGreaterThanOrEqual(4);
    expect(parts.sentTwice.filter((part) => there.has(part))).toEqual([]);
    expect(parts.uploadIds.size).toBe(1);
    expect(await second.unfinished()).toEqual([]);
    second.close();
  });

  test('refuses another file of the same size, and can be discarded', async () => {
    await begin();
    const other = join(directory, 'other.mp4');
    await writeFile(other, Buffer.alloc(SIZE, 1));
    const second = device('third');
    const [unfinished] = await second.unfinished();
    await expect(unfinished?.resume(other).done).rejects.toMatchObject({ code: 'FileChanged' });
    await unfinished?.discard();
    expect(await second.unfinished()).toEqual([]);
    await server.logged(({ operation, status }) => operation === 'AbortMultipartUpload' && status === 204);
    second.close();
  });

  test('a stream of unknown length arrives whole', async () => {
    const { createReadStream } = await import('node:fs');
    const uploader = device('fourth');
    const { videoId = '', size } = await uploader.upload(createReadStream(file), { fileName: 'stream.mp4' });
    expect(size).toBe(SIZE);
    expect(await storedMedia(server, videoId)).toMatchObject({ size: SIZE, sha256: expected });
    uploader.close();
  });
});
