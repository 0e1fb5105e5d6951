import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type OssRequest,
  ossV4SigningKey,
  type Pair,
  parseOssV4Credential,
  parseQuery,
  verifyOssV4,
  withoutOssV4UrlSignature,
} from '@sluice/wire';
import { nodeDigests } from '@sluice/wire/node';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, HttpStack } from '../../ports.js';
import { MemoryCheckpoints } from '../../testing/bench.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { MiniCloud } from '../../testing/mini-cloud.js';
import { blobUtilFs, expoFileSystem } from '../../testing/native-libraries.js';
import { device } from '../../testing/native-world.js';
import { expoFilePort } from '../expo-file-port.js';
import { backgroundDownloaderTransfer } from './background-downloader.js';
import { type BackgroundOptions, BackgroundUploads } from './background-uploads.js';
import { missingParts } from './missing-parts.js';
import { blobUtilPartFiles, expoPartFiles } from './part-files.js';
import type { BackgroundJob, BackgroundTransfer, PartFiles } from './ports.js';
import { refreshWithToken } from './refresh-with-token.js';

const UNIT = 102_400;

let directory = '';
let uri = '';
const bytes = Uint8Array.from({ length: 10 * UNIT + 5 }, (_, i) => i * 31 + (i >> 8));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-background-'));
  await writeFile(join(directory, 'talk.mp4'), bytes);
  uri = pathToFileURL(join(directory, 'talk.mp4')).href;
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const record = (parts: Checkpoint['parts'], changes: Partial<Checkpoint> = {}): Checkpoint => ({
  version: 2,
  fingerprint: 'abc-1',
  sample: 'abc',
  account: '',
  fileName: 'talk.mp4',
  size: bytes.length,
  lastModified: 0,
  unit: UNIT,
  videoId: 'video1',
  bucket: 'media',
  key: 'sv/video1.mp4',
  endpoint: 'http://oss.test',
  uploadId: 'UPLOAD1',
  parts,
  createdAt: 1,
  handle: uri,
  ...changes,
});

describe('missing parts', () => {
  it('and stored parts make the file, each byte once, whatever sizes were chosen', () => {
    const plan = fc.record({
      size: fc.integer({ min: 1, max: 400 }),
      unit: fc.integer({ min: 1, max: 20 }),
      partSize: fc.integer({ min: 1, max: 90 }),
      stored: fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 5 }))),
    });
    fc.assert(
      fc.property(plan, ({ size, unit, partSize, stored }) => {
        const parts = stored
          .map(([at, units]) => [at, Math.min(units * unit, size - at * unit)] as const)
          .filter(([, length]) => length > 0)
          .map(([at, length]) => ({ number: at + 1, size: length }));
        const counts = new Uint8Array(size);
        const kept = new Set<number>();
        for (const part of parts) {
          for (let i = 0; i < part.size; i++) kept.add((part.number - 1) * unit + i);
        }
        const missing = missingParts({ size, unit }, parts, partSize);
        for (const { number, start, end } of missing) {
          expect(start).toBe((number - 1) * unit);
          expect(end === size || (end - start) % unit === 0).toBe(true);
          expect(end - start <= Math.max(partSize, unit)).toBe(true);
          for (let i = start; i < end; i++) counts[i] = (counts[i] as number) + 1;
        }
        for (let i = 0; i < size; i++) expect(counts[i]).toBe(kept.has(i) ? 0 : 1);
      }),
    );
  });
});

interface Bench {
  readonly checkpoints: MemoryCheckpoints;
  readonly cloud: MiniCloud;
  readonly clock: ManualClock;
  readonly jobs: Map<string, BackgroundJob & { readonly body: Uint8Array }>;
  readonly cancelled: string[];
  readonly store: ReturnType<typeof device>['store'];
  readonly partFiles: PartFiles;
  /** What the server has of the upload. */
  readonly stored: { number: number; size: number }[];
  uploads(options?: Partial<BackgroundOptions>): BackgroundUploads;
}

let bench: Bench;

beforeEach(() => {
  const clock = new ManualClock();
  const cloud = new MiniCloud({ now: () => clock.now(), ossEndpoint: 'http://oss.test' });
  cloud.media.set('video1', { key: 'sv/video1.mp4', name: 'talk.mp4' });
  const checkpoints = new MemoryCheckpoints();
  const jobs: Bench['jobs'] = new Map();
  const cancelled: string[] = [];
  const { store } = device();
  const partFiles = blobUtilPartFiles(blobUtilFs(directory));
  const stored: Bench['stored'] = [];
  const http: HttpStack = {
    // Two parts a page.
    async send({ url }) {
      const marker = Number(new URL(url).searchParams.get('part-number-marker') ?? 0);
      const after = stored.filter(({ number }) => number > marker);
      const parts = after
        .slice(0, 2)
        .map(({ number, size }) => `<Part><PartNumber>${number}</PartNumber><Size>${size}</Size></Part>`);
      const body = `<ListPartsResult><IsTruncated>${after.length > 2}</IsTruncated>${parts.join('')}</ListPartsResult>`;
      return { status: 200, header: () => undefined, body };
    },
  };
  const transfer: BackgroundTransfer = {
    put: async (job) => void jobs.set(job.id, { ...job, body: await readFile(job.file) }),
    jobs: async () => [...jobs.keys()],
    cancel: async (id) => void cancelled.push(id),
  };
  bench = {
    checkpoints,
    cloud,
    clock,
    jobs,
    cancelled,
    store,
    partFiles,
    stored,
    uploads: (options = {}) =>
      new BackgroundUploads({
        storage: store,
        transfer,
        partFiles,
        refresh: async (videoId) => cloud.refresh(videoId) as never,
        checkpoints,
        clock,
        http,
        partSize: 3 * UNIT,
        ...options,
      }),
  };
});

const temporary = async () => (await readdir(directory)).filter((name) => name.endsWith('.part'));

/** The job as the store would see it. */
function requestOf({ url, headers }: BackgroundJob): { request: OssRequest; params: Map<string, string> } {
  const { hostname, pathname, search } = new URL(url);
  const query = parseQuery(search.slice(1)) as Pair[];
  const key = decodeURIComponent(pathname.slice(1));
  const request = {
    method: 'PUT',
    bucket: hostname.split('.')[0],
    key,
    query,
    headers: new Map(Object.entries(headers)),
  };
  return { request, params: new Map(query) };
}

describe('handing over', () => {
  it('gives the system what is missing, as files, with URLs signed by the credential of this file', async () => {
    // The record knows less than the server.
    bench.checkpoints.records.set('abc-1', record([]));
    bench.stored.push({ number: 2, size: UNIT }, { number: 3, size: UNIT }, { number: 9, size: UNIT });
    let secret = '';
    const uploads = bench.uploads({
      refresh: async (id) => {
        const grant = bench.cloud.refresh(id);
        secret = JSON.parse(atob(grant.UploadAuth ?? '')).AccessKeySecret;
        return grant as never;
      },
    });
    expect(await uploads.handOver()).toEqual({ parts: 4, bytes: 7 * UNIT + 5, failures: [] });
    const jobs = [...bench.jobs.values()];
    expect(jobs.map(({ metadata }) => metadata.part)).toEqual(['1', '4', '7', '10']);
    for (const job of jobs) {
      const { request, params } = requestOf(job);
      const start = (Number(params.get('partNumber')) - 1) * UNIT;
      expect(Buffer.from(job.body).equals(bytes.subarray(start, start + job.body.length))).toBe(true);
      expect(request).toMatchObject({ bucket: 'media', key: 'sv/video1.mp4' });
      expect(params.get('uploadId')).toBe('UPLOAD1');
      expect(Number(params.get('x-oss-expires'))).toBe(3000 - 15);
      const credential = parseOssV4Credential(params.get('x-oss-credential') ?? '');
      const genuine = verifyOssV4(
        nodeDigests,
        ossV4SigningKey(nodeDigests, secret, credential?.scope ?? { date: '', region: '' }),
        withoutOssV4UrlSignature(request),
        params.get('x-oss-date') ?? '',
        {
          accessKeyId: credential?.accessKeyId ?? '',
          scope: credential?.scope ?? { date: '', region: '' },
          additionalHeaders: [],
          signature: params.get('x-oss-signature') ?? '',
        },
      );
      expect(genuine).toBe(true);
    }
    await uploads.takeBack();
    expect(await temporary()).toEqual([]);
  });

  it('stops at the most bytes, newest upload first', async () => {
    bench.checkpoints.records.set('old', record([], { fingerprint: 'old', createdAt: 1 }));
    bench.checkpoints.records.set('new', record([], { fingerprint: 'new', createdAt: 2 }));
    const uploads = bench.uploads({ most: 4 * UNIT });
    expect(await uploads.handOver()).toMatchObject({ parts: 2, bytes: 4 * UNIT });
    expect([...bench.jobs.values()].map(({ metadata }) => metadata.fingerprint)).toEqual(['new', 'old']);
    await uploads.takeBack();
  });

  it('does without what cannot be gone on with, and tells why', async () => {
    bench.checkpoints.records.set('a', record([], { fingerprint: 'a', videoId: 'gone', createdAt: 3 }));
    bench.checkpoints.records.set('b', record([], { fingerprint: 'b', key: 'sv/other.mp4', createdAt: 2 }));
    bench.checkpoints.records.set('c', record([], { fingerprint: 'c', handle: undefined }));
    const uploads = bench.uploads();
    const { parts, failures } = await uploads.handOver();
    expect(parts).toBe(0);
    expect(failures.map(({ error }) => String(error))).toEqual([
      expect.stringContaining('no media gone'),
      expect.stringContaining('elsewhere'),
    ]);
    bench.cloud.options.authLife = 100_000;
    bench.checkpoints.records.set('b', record([], { fingerprint: 'b' }));
    expect(String((await uploads.handOver()).failures[1]?.error)).toContain('lives 100 s');
  });

  it('takes the time from the server where the clock of the phone is wrong', async () => {
    bench.checkpoints.records.set('abc-1', record([]));
    const wrong = new ManualClock(bench.clock.now() - 7 * 24 * 3_600_000);
    const uploads = bench.uploads({ clock: wrong });
    await uploads.handOver();
    const [job] = bench.jobs.values();
    expect(job && requestOf(job).params.get('x-oss-date')).toBe('20260102T030405Z');
    await uploads.takeBack();
  });
});

describe('taking back', () => {
  it('ends what still runs and removes every temporary file, also of an earlier run of the application', async () => {
    bench.checkpoints.records.set('abc-1', record([]));
    await bench.uploads().handOver();
    expect((await temporary()).length).toBe(4);
    const [first] = bench.jobs.keys();
    bench.jobs.delete(first ?? '');
    await bench.uploads().takeBack();
    expect(bench.cancelled).toHaveLength(3);
    expect(await temporary()).toEqual([]);
    expect(bench.store.items.size).toBe(0);
    await bench.uploads().takeBack();
  });

  it('goes on with the others when one cannot be ended, and comes back to it', async () => {
    bench.checkpoints.records.set('abc-1', record([]));
    await bench.uploads().handOver();
    const [stuck] = bench.jobs.keys();
    const cancel = async (id: string) => {
      if (id === stuck) throw new Error('no native module');
    };
    const transfer = { put: async () => {}, jobs: async () => [...bench.jobs.keys()], cancel };
    await bench.uploads({ transfer }).takeBack();
    expect(await temporary()).toHaveLength(1);
    await bench.uploads().takeBack();
    expect(await temporary()).toEqual([]);
    expect(bench.store.items.size).toBe(0);
  });

  it('waits for a hand-over that is still going on', async () => {
    bench.checkpoints.records.set('abc-1', record([]));
    const uploads = bench.uploads();
    const handed = uploads.handOver();
    await uploads.takeBack();
    expect((await handed).parts).toBe(4);
    expect(bench.cancelled).toHaveLength(4);
    expect(await temporary()).toEqual([]);
  });

  it('forgets no file of a job the system did not take', async () => {
    bench.checkpoints.records.set('abc-1', record([]));
    const transfer = {
      put: () => Promise.reject(new Error('no native module')),
      jobs: async () => [],
      cancel: async () => {},
    };
    const uploads = bench.uploads({ transfer });
    expect((await uploads.handOver()).failures).toHaveLength(1);
    expect(await temporary()).toHaveLength(1);
    await uploads.takeBack();
    expect(await temporary()).toEqual([]);
  });
});

describe('part files of Expo', () => {
  it('are the ranges of the file', async () => {
    const library = expoFileSystem(directory, true);
    const parts = expoPartFiles(library, expoFilePort(library));
    const path = await parts.write(uri, 5, 3 * UNIT + 1, 'x.part');
    expect(Buffer.from(await readFile(new URL(path))).equals(bytes.subarray(5, 3 * UNIT + 1))).toBe(true);
    await parts.remove(path);
    await parts.remove(path);
    await expect(parts.write(uri, 0, bytes.length + 1, 'y.part')).rejects.toThrow('shorter');
    expect(await temporary()).toEqual([]);
  });
});

describe('backgroundDownloaderTransfer', () => {
  it('rejects what the native side does not take at once', async () => {
    const transfer = backgroundDownloaderTransfer({
      createUploadTask: ({ id }) => {
        let failed = (_failure: { error: string; errorCode: number }) => {};
        const task = {
          id,
          state: 'PENDING',
          done: () => task,
          error: (handler: typeof failed) => {
            failed = handler;
            return task;
          },
          start: () => failed({ error: 'Upload not supported - native implementation missing', errorCode: -3 }),
          stop: async () => {},
        };
        return task;
      },
      getExistingUploadTasks: async () => [],
      completeHandler: () => {},
    });
    const job = { id: 'a', url: 'http://a/', headers: {}, file: '/a', metadata: {} };
    await expect(transfer.put(job)).rejects.toThrow('not supported');
    await transfer.cancel('none');
  });
});

describe('refreshWithToken', () => {
  it('is RefreshUploadVideo, signed; a refusal says why', async () => {
    const { cloud, clock } = bench;
    const refresh = refreshWithToken({
      endpoint: 'http://vod.test',
      clock,
      credentials: async () => cloud.issueToken(),
      http: {
        async send({ method, url, headers, body }) {
          const sent = { method, url: new URL(url), headers: new Map(headers), body: Buffer.from(String(body)) };
          const answer = cloud.handle(sent);
          return { status: answer.status, header: (name) => answer.headers[name], body: answer.body };
        },
      },
    });
    expect(await refresh('video1')).toMatchObject({ VideoId: 'video1', UploadAuth: expect.any(String) });
    await expect(refresh('none')).rejects.toThrow('InvalidVideo.NotFound');
  });
});
