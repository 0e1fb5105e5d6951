import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUploader, FileCheckpoints, type NodeUploaderOptions } from './node.js';
import { testFile } from './testing/bench.js';
import { type CloudServer, startCloud } from './testing/cloud-server.js';

const PART = 102_400;
let directory: string;
let running: CloudServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'uploader-'));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  await rm(directory, { recursive: true });
});

async function serve(...args: Parameters<typeof startCloud>): Promise<CloudServer> {
  running = await startCloud(...args);
  return running;
}

function uploaderFor({ cloud, endpoint }: CloudServer, options: Partial<NodeUploaderOptions> = {}) {
  const credentials = async () => cloud.issueToken();
  return createUploader({ endpoint, credentials, partSize: PART, directory: join(directory, 'state'), ...options });
}

async function fileOf(size: number): Promise<{ path: string; bytes: Uint8Array }> {
  const { bytes } = testFile(size);
  const path = join(directory, 'talk.mp4');
  await writeFile(path, bytes);
  return { path, bytes };
}

describe('createUploader of Node over real HTTP', () => {
  it.each(['v4', 'v1'] as const)(
    'uploads a file in parts to {bucket}.oss.localhost, signed with %s',
    async (signatureVersion) => {
      const server = await serve();
      const { path, bytes } = await fileOf(7 * PART + 123);
      const uploader = uploaderFor(server, { signatureVersion });
      const task = uploader.upload(path);
      let last = 0;
      task.on('progress', ({ fraction }) => {
        last = fraction;
      });
      const result = await task.done;
      uploader.close();
      expect(result.crc64).toBe(String(crc64(bytes)));
      expect(Buffer.from(bytes).equals(server.cloud.objects.get(result.key)?.body ?? Buffer.alloc(0))).toBe(true);
      expect(last).toBe(1);
      expect(await readdir(join(directory, 'state'))).toEqual([]);
    },
  );

  it('puts the bucket into the path when the endpoint is an IP address', async () => {
    const server = await serve({}, '127.0.0.1');
    const { path } = await fileOf(3 * PART);
    const uploader = uploaderFor(server);
    const { key } = await uploader.upload(path).done;
    uploader.close();
    expect(server.cloud.objects.has(key)).toBe(true);
  });

  it('takes bytes and Blobs, with a name of their own or a given one', async () => {
    const server = await serve();
    const { bytes } = testFile(3 * PART);
    const uploader = uploaderFor(server);
    const files = [new File([bytes as Uint8Array<ArrayBuffer>], 'a.mov'), bytes, new Blob([])] as const;
    const tasks = files.map((file) =>
      uploader.upload(file, { ...(file instanceof File ? {} : { fileName: `${file.constructor.name}.mp4` }) }),
    );
    const keys = (await Promise.all(tasks.map((task) => task.done))).map((result) => result.key);
    uploader.close();
    expect(keys.map((key) => key.slice(-3)).sort()).toEqual(['mov', 'mp4', 'mp4']);
  });

  it('runs through with credentials that live for 2 seconds', async () => {
    const server = await serve({ tokenLife: 2000, authLife: 2000 });
    const { path, bytes } = await fileOf(40 * PART);
    const slow = server.cloud.handle.bind(server.cloud);
    const listeners = server.server.listeners('request') as ((...args: unknown[]) => void)[];
    server.server.removeAllListeners('request');
    server.server.on('request', (request, response) => {
      setTimeout(() => listeners[0]?.(request, response), request.method === 'PUT' ? 300 : 0);
    });
    server.cloud.handle = slow;
    const uploader = uploaderFor(server, { parallel: 3 });
    const { key } = await uploader.upload(path).done;
    uploader.close();
    expect(Buffer.from(bytes).equals(server.cloud.objects.get(key)?.body ?? Buffer.alloc(0))).toBe(true);
    expect([...server.cloud.acknowledged().values()].every((times) => times === 1)).toBe(true);
    expect(server.cloud.count('RefreshUploadVideo')).toBeGreaterThan(1);
  });

  it('a new uploader goes on from the checkpoint file, which only its owner may read', async () => {
    const server = await serve();
    const { path, bytes } = await fileOf(10 * PART);
    const first = uploaderFor(server, { parallel: 1 });
    const task = first.upload(path);
    task.on('partuploaded', ({ number }) => {
      if (number === 4) first.close();
    });
    await expect(task.done).rejects.toMatchObject({ code: 'Closed' });
    const store = new FileCheckpoints(join(directory, 'state'));
    await expect.poll(async () => (await store.list())[0]?.parts?.length).toBeGreaterThanOrEqual(4);
    const [name] = await readdir(join(directory, 'state'));
    expect((await stat(join(directory, 'state', name ?? ''))).mode & 0o777).toBe(0o600);

    const second = uploaderFor(server);
    const { key } = await second.upload(path).done;
    second.close();
    expect(Buffer.from(bytes).equals(server.cloud.objects.get(key)?.body ?? Buffer.alloc(0))).toBe(true);
    expect(server.cloud.count('Initiate')).toBe(1);
    expect(server.cloud.count('ListParts')).toBe(1);
  });

  it('a file that is touched while it is uploaded is refused', async () => {
    const server = await serve();
    const { path } = await fileOf(10 * PART);
    const uploader = uploaderFor(server, { parallel: 1 });
    const task = uploader.upload(path);
    let touched = false;
    task.on('partuploaded', () => {
      if (!touched) void utimes(path, 1, 1);
      touched = true;
    });
    await expect(task.done).rejects.toMatchObject({ code: 'FileChanged' });
    uploader.close();
  });

  it('a file that is not there is a clear error', async () => {
    const server = await serve();
    const uploader = uploaderFor(server);
    const failed = uploader.upload(join(directory, 'nothing.mp4')).done;
    await expect(failed).rejects.toMatchObject({ code: 'FileUnreadable', message: expect.stringContaining('ENOENT') });
    uploader.close();
  });

  it('a server that does not answer at all is a clear error', async () => {
    const { path } = await fileOf(10);
    const uploader = createUploader({
      endpoint: 'http://127.0.0.1:9',
      credentials: async () => ({ accessKeyId: 'a', accessKeySecret: 'b', securityToken: 'c' }),
      retryCount: 1,
      retryDelay: 1,
      checkpoints: false,
    });
    await expect(uploader.upload(path).done).rejects.toMatchObject({
      code: 'NetworkError',
      message: expect.stringContaining('http://127.0.0.1:9'),
    });
    uploader.close();
  });
});
