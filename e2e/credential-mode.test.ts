/** The back end creates and refreshes on behalf of the client, which never holds a token of STS. */
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createUploader, type Uploader, type UploaderOptions, type UploadGrant } from '@sluice/uploader/node';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSample } from './support/files.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

let server: ServerProcess;
let directory: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  server = await startServer({ env: { SLUICE_UPLOAD_AUTH_SECONDS: '2' } });
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function post(path: string, body: object): Promise<UploadGrant> {
  const answer = await fetch(`${server.api}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as UploadGrant;
}

test('through /upload/create and /upload/refresh of the built-in AppServer, past many expiries', async () => {
  const file = join(directory, 'credential.mp4');
  const expected = await writeSample(file, 60_000_000, 61);
  const kinds: string[] = [];
  const uploader = createUploader({
    auth: ({ kind, videoId, meta }) => {
      kinds.push(kind);
      return kind === 'refresh-video'
        ? post('/upload/refresh', { videoId })
        : post('/upload/create', {
            kind: kind === 'create-image' ? 'image' : 'video',
            fileName: file,
            title: meta.title,
          });
    },
    partSize: 262_144,
    parallel: 1,
    checkpoints: false,
  });
  const task = uploader.upload(file, { title: 'Credential mode' });
  // Slow enough to outlive its credential: a pause costs no byte.
  for (let i = 0; i < 3; i++) {
    await new Promise((done) => setTimeout(done, 300));
    task.pause();
    await new Promise((done) => setTimeout(done, 2_200));
    task.resume();
  }
  const { videoId } = await task.done;
  uploader.close();
  const stored = await storedMedia(server, videoId ?? '');
  expect(stored.sha256).toBe(expected);
  expect(kinds[0]).toBe('create-video');
  expect(kinds.filter((kind) => kind === 'refresh-video').length).toBeGreaterThanOrEqual(1);
  expect(partsSent(server, stored.key).uploadIds.size).toBe(1);
});

test('as the README shows it', async () => {
  const page = await readFile(join(repository, 'packages', 'uploader', 'README.md'), 'utf8');
  const [, sample = ''] = /## Credential mode[\s\S]*?```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const { code } = await transform(sample, { loader: 'ts' });
  const make = new Function('createUploader', 'fetch', `${code}\nreturn uploader;`) as (
    create: (options: object) => unknown,
    ask: (path: string, init: RequestInit) => Promise<Response>,
  ) => Uploader<File>;
  const uploader = make(
    (options) => createUploader({ ...(options as UploaderOptions<File>), checkpoints: false }),
    (path, init) => fetch(`${server.api}${path}`, init),
  );
  const files = ['shown.mp4', 'shown.png'].map((name) => new File([randomBytes(600_000)], name));
  for (const file of files) {
    const { videoId, imageId } = await uploader.upload(file, { title: 'Shown', tags: ['a', 'b'] });
    const sha256 = createHash('sha256')
      .update(Buffer.from(await file.arrayBuffer()))
      .digest('hex');
    expect((await storedMedia(server, videoId ?? imageId ?? '')).sha256).toBe(sha256);
  }
  uploader.close();
});

test('an image goes the same way', async () => {
  const file = join(directory, 'cover.jpg');
  const expected = await writeSample(file, 300_000, 62);
  const uploader = createUploader({
    auth: ({ kind }) => {
      expect(kind).toBe('create-image');
      return post('/upload/create', { kind: 'image', fileName: 'cover.jpg', title: 'Cover' });
    },
    checkpoints: false,
  });
  const { imageId } = await uploader.upload(file).done;
  uploader.close();
  expect((await storedMedia(server, imageId ?? '')).sha256).toBe(expected);
});
