/**
 * What a phone does, against the real server: React Native's XMLHttpRequest, files through the interfaces of Expo and
 * react-native-blob-util, parts handed to the system. The libraries are stood in for on this machine's files and network; no
 * phone took part.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  BackgroundUploads,
  backgroundDownloaderTransfer,
  blobUtilFilePort,
  blobUtilPartFiles,
  createUploader,
  expoFilePort,
  type KeyValueStore,
  refreshWithToken,
  type UploadFileInfo,
  VODSVideoUploadClientImpl,
  VODUploadClientImpl,
  type VodUploadResult,
} from '@sluice/uploader/react-native';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { backgroundDownloader, blobUtilFs, expoFileSystem } from '../packages/uploader/src/testing/native-libraries.js';
import { nativeXhr } from '../packages/uploader/src/testing/native-xhr.js';
import { callVod, requestToken } from './support/api.js';
import { writeSample } from './support/files.js';
import { freePort } from './support/free-port.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

const SIZE = 20_000_000;

let server: ServerProcess;
let directory: string;
let file: string;
let sha256: string;
let items: Map<string, string>;
let storage: KeyValueStore;

beforeAll(async () => {
  directory = await temporaryDirectory();
  file = join(directory, 'talk.mp4');
  [server, sha256] = await Promise.all([
    startServer({ env: { SLUICE_STS_MIN_DURATION: '2' } }),
    writeSample(file, SIZE, 77),
  ]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

beforeEach(() => {
  vi.stubGlobal('XMLHttpRequest', nativeXhr());
  items = new Map();
  storage = {
    getItem: async (key) => items.get(key) ?? null,
    setItem: async (key, value) => void items.set(key, value),
    removeItem: async (key) => void items.delete(key),
    getAllKeys: async () => [...items.keys()],
  };
});
afterEach(() => vi.unstubAllGlobals());

const credentials = () => requestToken(server);

/** @param cutOff parts that may have been stored while their answers were cut off */
async function whole(videoId: string | undefined, cutOff = 0, on = server) {
  const stored = await storedMedia(on, videoId ?? '');
  expect(stored).toMatchObject({ size: SIZE, sha256 });
  await on.logged(({ operation, key }) => operation === 'CompleteMultipartUpload' && key === stored.key);
  const parts = partsSent(on, stored.key);
  expect(parts.uploadIds.size).toBe(1);
  expect(parts.sentTwice.length).toBeLessThanOrEqual(cutOff);
  return parts;
}

describe('the modern API on a phone', () => {
  test.each([
    ['Expo', () => expoFilePort(expoFileSystem(directory, true))],
    ['react-native-blob-util', () => blobUtilFilePort(blobUtilFs(directory))],
  ])('uploads through %s', async (_, files) => {
    const uploader = createUploader({ endpoint: server.api, credentials, files: files(), storage });
    const { videoId } = await uploader.upload({ uri: pathToFileURL(file).href, name: 'talk.mp4', type: 'video' });
    uploader.close();
    await whole(videoId);
    expect(items.size).toBe(0);
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('goes on after it was killed, from the list of unfinished uploads, without choosing the file again', async () => {
    const options = {
      endpoint: server.api,
      credentials,
      storage,
      files: expoFilePort(expoFileSystem(directory, true)),
      partSize: 1_048_576,
    };
    const first = createUploader(options);
    const task = first.upload(pathToFileURL(file).href);
    task.done.catch(() => undefined);
    await new Promise<void>((resolve) => {
      task.on('progress', ({ fraction }) => fraction > 0.4 && resolve());
    });
    first.close();
    await vi.waitFor(() => expect(items.size).toBe(1), 5000);
    const second = createUploader(options);
    const [unfinished] = await second.unfinished();
    expect(unfinished).toMatchObject({ fileName: 'talk.mp4', origin: 'here', reopenable: true });
    const result = await unfinished?.resume();
    second.close();
    expect(result?.videoId).toBe(task.videoId);
    // What was in flight at that moment may have been stored after the server told what it has.
    await whole(result?.videoId, 4);
  });
});

describe('an endpoint that the client takes for the host of its bucket', () => {
  // docs/native-sdks.md: what the official mobile OSS clients make of any name that is not Alibaba's.
  test.each([
    ['the domain of all buckets', ''],
    ['that of the bucket', 'sluice-uploads.'],
  ])('takes URLs without the bucket, signed with it (V1): %s', async (_, bucketLabel) => {
    const port = await freePort();
    const own = await startServer({
      oss: `127.0.0.1:${port}`,
      env: { SLUICE_OSS_URL: `http://${bucketLabel}oss.localhost:${port}` },
    });
    try {
      const files = expoFilePort(expoFileSystem(directory, true));
      const keys = () => requestToken(own);
      const options = { endpoint: own.api, credentials: keys, files, cname: true, signatureVersion: 'v1' } as const;
      const uploader = createUploader(options);
      const { videoId, bucket } = await uploader.upload(pathToFileURL(file).href);
      uploader.close();
      expect(bucket).toBe(own.credentials.bucket);
      await own.logged(({ operation }) => operation === 'CompleteMultipartUpload');
      const { body } = await callVod(own, 'GetVideoInfo', { VideoId: videoId ?? '' });
      expect(body.Video).toMatchObject({ VideoId: videoId, Size: SIZE });
    } finally {
      await own.stop();
    }
  });
});

describe('the background', () => {
  test('stores parts while the application sleeps; the upload is completed with them', async () => {
    const downloader = backgroundDownloader();
    const background = new BackgroundUploads({
      storage,
      transfer: backgroundDownloaderTransfer(downloader),
      partFiles: blobUtilPartFiles(blobUtilFs(directory)),
      refresh: refreshWithToken({ endpoint: server.api, credentials }),
      partSize: 3_145_728,
      most: 8_000_000,
    });
    const uploader = createUploader({
      endpoint: server.api,
      credentials,
      storage,
      files: blobUtilFilePort(blobUtilFs(directory)),
      partSize: 1_048_576,
    });
    const task = uploader.upload(pathToFileURL(file).href);
    await new Promise<void>((resolve) => {
      task.on('progress', ({ fraction }) => fraction > 0.2 && resolve());
    });
    task.pause();
    await vi.waitFor(() => expect([...items.keys()].some((key) => key.startsWith('sluice.upload.'))).toBe(true), 5000);
    downloader.held = true;
    const handed = await background.handOver();
    expect(handed.failures).toEqual([]);
    expect(handed.parts).toBeGreaterThanOrEqual(2);
    // Asleep.
    await downloader.release();
    expect([...downloader.answers.values()]).toEqual(Array.from({ length: handed.parts }, () => 200));
    await background.takeBack();
    task.resume();
    const { videoId } = await task;
    uploader.close();
    // Those in flight when it was paused: the server may store one after it told what it has.
    const parts = await whole(videoId, 4);
    expect([...parts.acknowledged.keys()].length).toBeLessThan(20);
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('VODUploadClient on a phone', () => {
  const setup = () => ({
    endpoint: server.api,
    storage,
    files: expoFilePort(expoFileSystem(directory, false)),
  });

  test('crosses the ends of its tokens and credentials with resumeWithToken', async () => {
    const life = { SLUICE_STS_MIN_DURATION: '2', SLUICE_UPLOAD_AUTH_SECONDS: '2' };
    const short = await startServer({ env: life });
    try {
      vi.stubGlobal('XMLHttpRequest', nativeXhr([], 1000));
      const client = new VODUploadClientImpl({ ...setup(), endpoint: short.api });
      let expired = 0;
      const token = async (): Promise<[string, string, string, string]> => {
        const { accessKeyId, accessKeySecret, securityToken } = await requestToken(short);
        return [accessKeyId, accessKeySecret, securityToken, new Date(Date.now() + 2000).toISOString()];
      };
      const first = await token();
      const result = await new Promise<VodUploadResult>((resolve, reject) => {
        client.init(...first, {
          onUploadTokenExpired: async () => {
            expired++;
            client.resumeWithToken(...(await token()));
          },
          onUploadSucceed: (_info: UploadFileInfo, outcome: VodUploadResult) => resolve(outcome),
          onUploadFailed: (_info: UploadFileInfo, code: string, message: string) =>
            reject(new Error(`${code} ${message}`)),
        });
        client.addFile(pathToFileURL(file).href, { title: 'Talk', cateId: null });
        client.start();
      });
      expect(expired).toBeGreaterThanOrEqual(1);
      expect(client.getStatus()).toBe('FINISHED');
      await whole(result.videoid, 0, short);
      expect(short.requests.filter(({ action }) => action === 'RefreshUploadVideo').length).toBeGreaterThanOrEqual(1);
    } finally {
      await short.stop();
    }
  });

  test('takes what the back end made in credential mode', async () => {
    const client = new VODUploadClientImpl(setup());
    const { body } = await callVod(server, 'CreateUploadVideo', { Title: 'Talk', FileName: 'talk.mp4' });
    await new Promise<void>((resolve, reject) => {
      client.init({
        onUploadStarted: (info: UploadFileInfo) => {
          client.setUploadAuthAndAddress(info, String(body.UploadAuth), String(body.UploadAddress));
        },
        onUploadSucceed: () => resolve(),
        onUploadFailed: (_info: UploadFileInfo, code: string, message: string) =>
          reject(new Error(`${code} ${message}`)),
      });
      client.addFile(file, { title: 'Talk' });
      client.start();
    });
    await whole(String(body.VideoId));
  });

  test('uploads a cover and the short video it belongs to', async () => {
    const cover = join(directory, 'cover.jpg');
    await writeSample(cover, 30_000, 5);
    const client = new VODSVideoUploadClientImpl(setup());
    const { accessKeyId, accessKeySecret, securityToken } = await credentials();
    const [videoId, imageUrl] = await new Promise<[string, string]>((resolve, reject) => {
      client.uploadWithVideoAndImg(
        {
          imagePath: cover,
          videoPath: file,
          accessKeyId,
          accessKeySecret,
          securityToken,
          expriedTime: new Date(Date.now() + 3_600_000).toISOString(),
          svideoInfo: { title: 'Clip' },
        },
        {
          onUploadSucceed: (id, url) => resolve([id, url]),
          onUploadFailed: (code, message) => reject(new Error(`${code} ${message}`)),
        },
      );
    });
    await whole(videoId);
    expect(imageUrl).toMatch(/\.jpg/);
    const { body } = await callVod(server, 'GetVideoInfo', { VideoId: videoId });
    expect((body.Video as { CoverURL?: string }).CoverURL).toBe(imageUrl);
  });
});
