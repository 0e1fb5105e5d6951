/** One suite of the upload SDK for every browser engine: real server, built SDK, a page of another origin. */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Engine, EngineName, EngineOptions, EnginePage } from '../support/engines/driver.js';
import { type House, openHouse, type Sample } from '../support/engines/house.js';
import { openEngine } from '../support/engines/open-engine.js';
import { call, finished, until } from '../support/engines/page-calls.js';
import type { PageOptions, Seen } from '../support/engines/upload-page.js';
import { partsSent, storedMedia } from '../support/stored.js';

const MIB = 1024 * 1024;
/** Slow enough to interrupt an upload of some MiB, fast enough to wait for it. */
const SPEED = 12 * MIB;
/** Slow enough that an upload does not end while a busy machine opens a tab. */
const CRAWL = MIB / 2;
const PARTS = { partSize: MIB, parallel: 4 } as const;

export function describeUploads(name: EngineName): void {
  let house: House;
  let engine: Engine;

  beforeAll(async () => {
    [house, engine] = await Promise.all([openHouse(), openEngine(name)]);
    console.info(engine.version);
  });
  afterEach(() => house.repair());
  afterAll(async () => {
    await engine?.close();
    await house?.close();
  });

  async function openPage(from: Engine = engine, url: string = house.site.url): Promise<EnginePage> {
    const page = await from.newPage();
    onTestFinished(() => page.close());
    await page.open(url);
    return page;
  }

  async function begin(page: EnginePage, file: Sample, options: Partial<PageOptions> = {}): Promise<number> {
    await page.setFiles('#file', [file.path]);
    return call(page, 'upload', { ...house.options, ...options });
  }

  /** A file whose upload is under way: some parts are acknowledged, most are not, and the line crawls until {@link hurry}. */
  async function halfway(sample: string, options: Partial<PageOptions> = {}, from?: Engine) {
    house.oss.speed = SPEED;
    const page = await openPage(from);
    const file = await house.sample(sample, 16 * MIB + 12_345);
    const upload = await begin(page, file, { ...PARTS, ...options });
    const seen = await until(page, upload, ({ parts }) => parts.length >= 5);
    house.oss.speed = CRAWL;
    return { page, file, upload, seen };
  }

  const hurry = (): void => {
    house.oss.speed = undefined;
  };

  async function expectStored(seen: Seen & { videoId: string }, file: Sample): Promise<void> {
    expect(await storedMedia(house.server, seen.videoId)).toMatchObject({ size: file.size, sha256: file.sha256 });
    expect(seen.progress).toMatchObject({ loaded: file.size, total: file.size, fraction: 1 });
  }

  /** What the server answered to parts, once the whole upload is in its log. */
  async function parts(seen: Seen) {
    await house.server.logged((r) => r.operation === 'CompleteMultipartUpload' && r.key === seen.key);
    return partsSent(house, seen.key ?? '');
  }

  /** Nothing that was acknowledged to the page is sent again, and it is the same upload. */
  async function expectContinued(acknowledged: readonly number[], seen: Seen): Promise<void> {
    const { sentTwice, uploadIds } = await parts(seen);
    expect(sentTwice.filter((number) => acknowledged.includes(number))).toEqual([]);
    // Of the others, only those in flight when the answers were lost.
    expect(sentTwice.length).toBeLessThanOrEqual(PARTS.parallel);
    expect(uploadIds.size).toBe(1);
  }

  /** Nothing that the server has is sent again, whether the page heard of it or not. */
  async function expectNothingTwice(seen: Seen): Promise<void> {
    expect(await parts(seen)).toMatchObject({ sentTwice: [], uploadIds: { size: 1 } });
  }

  const creations = (): number => house.requests.filter(({ action }) => action === 'CreateUploadVideo').length;

  /** Waits until no more bytes come down the line. */
  async function quiet(): Promise<void> {
    for (let before = -1; before !== house.oss.received; ) {
      before = house.oss.received;
      await sleep(300);
    }
  }

  describe('a file', () => {
    test.each([
      ['empty', 0],
      ['small', 3_000],
    ])('that is %s goes in one piece', async (kind, size) => {
      const page = await openPage();
      const file = await house.sample(`${kind}.mp4`, size);
      const seen = await finished(page, await begin(page, file));
      await expectStored(seen, file);
      await house.server.logged((r) => r.operation === 'PutObject' && r.key === seen.key);
      expect(partsSent(house, seen.key ?? '').uploadIds.size).toBe(0);
    });

    test('of 60 MB goes in parts, and progress only grows', async () => {
      const page = await openPage();
      const file = await house.sample('sixty.mp4', 60_000_000);
      const seen = await finished(page, await begin(page, file));
      await expectStored(seen, file);
      const { acknowledged, sentTwice } = await parts(seen);
      expect(acknowledged.size).toBeGreaterThan(1);
      expect(sentTwice).toEqual([]);
      expect(seen.retries).toEqual([]);
      expect(seen.warnings).toEqual([]);
      const loaded = seen.loaded.map(([bytes]) => bytes);
      expect(loaded.length).toBeGreaterThan(5);
      expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
      expect(new Set(seen.loaded.map(([, total]) => total))).toEqual(new Set([file.size]));
      expect(seen.states.at(-1)).toBe('success');
    });

    test('is never said to be further than the line was', async () => {
      house.oss.speed = SPEED;
      const page = await openPage();
      const file = await house.sample('honest.mp4', 16 * MIB);
      const before = house.oss.received;
      const upload = await begin(page, file, PARTS);
      let looks = 0;
      await until(page, upload, ({ state, progress, parts }) => {
        looks++;
        // Bytes of parts in flight may still lie in the buffers of two kernels, nothing else.
        expect(progress.loaded - (house.oss.received - before)).toBeLessThanOrEqual(PARTS.parallel * PARTS.partSize);
        expect(progress.loaded).toBeGreaterThanOrEqual(parts.length > 0 ? (parts.length - 1) * MIB : 0);
        return state === 'success';
      });
      expect(looks).toBeGreaterThan(10);
    });
  });

  describe('an upload', () => {
    test('that is paused sends nothing, and goes on where it was', async () => {
      const { page, file, upload } = await halfway('paused.mp4');
      await call(page, 'pause', upload);
      await quiet();
      expect((await call(page, 'look', upload)).state).toBe('paused');
      const received = house.oss.received;
      await sleep(500);
      expect(house.oss.received).toBe(received);
      hurry();
      await call(page, 'resume', upload);
      const seen = await finished(page, upload);
      await expectStored(seen, file);
      await expectNothingTwice(seen);
    });

    test('that is canceled is removed from server and browser', async () => {
      const { page, upload } = await halfway('canceled.mp4');
      expect(await call(page, 'remembered')).toBe(1);
      await call(page, 'cancel', upload);
      expect((await call(page, 'look', upload)).state).toBe('canceled');
      const { key } = house.requests.filter(({ operation }) => operation === 'UploadPart').at(-1) ?? {};
      const removed = await house.server.logged((r) => r.operation === 'AbortMultipartUpload' && r.key === key);
      expect(removed.status).toBe(204);
      expect(await call(page, 'remembered')).toBe(0);
    });

    test('goes on after a reload of the page when the file is chosen again', async () => {
      const { page, file, seen: before } = await halfway('reloaded.mp4');
      await page.reload();
      hurry();
      const seen = await finished(page, await begin(page, file, PARTS));
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
      expect(await call(page, 'remembered')).toBe(0);
    });

    test('goes on when the page is left and shown again', async () => {
      const { page, file, upload, seen: before } = await halfway('left.mp4');
      await page.open(`${house.site.url}/strict`);
      await page.back();
      hurry();
      // Kept as it was by WebKit; loaded anew by the others, where the file has to be chosen again.
      const kept = await call(page, 'look', upload).then(
        () => true,
        () => false,
      );
      const seen = await finished(page, kept ? upload : await begin(page, file, PARTS));
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    test('outlives a server that is killed and started again', async () => {
      const { page, file, upload, seen: before } = await halfway('restarted.mp4', { retryCount: 20, retryDelay: 200 });
      await house.restart();
      hurry();
      const seen = await finished(page, upload);
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    test('outlives a line that breaks for a moment', async () => {
      const { page, file, upload, seen: before } = await halfway('broken.mp4');
      house.cut(true);
      await until(page, upload, ({ retries }) => retries.some(({ code }) => code === 'NetworkError'));
      house.cut(false);
      hurry();
      const seen = await finished(page, upload);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    test('fails with a clear error when the line stays broken, and can be retried', async () => {
      const { page, file, upload, seen: before } = await halfway('dead.mp4', { retryCount: 2, retryDelay: 100 });
      house.cut(true);
      const failed = await until(page, upload, ({ state }) => state === 'failed');
      expect(failed.error).toMatchObject({ code: 'NetworkError', message: expect.stringContaining('connection') });
      house.cut(false);
      hurry();
      await call(page, 'retry', upload);
      const seen = await finished(page, upload);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    test('notices a line that swallows everything', async () => {
      const { page, file, upload, seen: before } = await halfway('silent.mp4', { timeout: 2_000 });
      house.oss.state = 'silent';
      await until(page, upload, ({ retries }) => retries.some(({ code }) => code === 'Timeout'));
      house.oss.state = 'open';
      hurry();
      const seen = await finished(page, upload);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    test('never ends well when its file is written over meanwhile', async () => {
      const { page, file, upload } = await halfway('rewritten.mp4');
      // Not cut short first: a request that lacks bytes hangs until the watchdog ends it.
      await writeFile(file.path, new Uint8Array(file.size), { flag: 'r+' });
      hurry();
      const { error } = await until(page, upload, ({ state }) => state === 'failed');
      expect(error?.code).toMatch(/^File(Changed|Unreadable)$/);
    });

    test('sends a part again that arrived changed', async () => {
      let changed = 0;
      house.oss.corrupt = ({ method, url }) => method === 'PUT' && /[?&]partNumber=2\b/.test(url) && ++changed === 1;
      const page = await openPage();
      const file = await house.sample('flipped.mp4', 5 * MIB);
      const seen = await finished(page, await begin(page, file, PARTS));
      await expectStored(seen, file);
      expect(seen.retries).toEqual([{ scope: 'part', code: 'ChecksumMismatch' }]);
      expect((await parts(seen)).sentTwice).toEqual([2]);
    });

    test('fails when bytes arrive changed again and again', async () => {
      house.oss.corrupt = ({ method }) => method === 'PUT';
      const page = await openPage();
      const upload = await begin(page, await house.sample('garbled.mp4', 5 * MIB), PARTS);
      const { error } = await until(page, upload, ({ state }) => state === 'failed');
      expect(error).toMatchObject({ code: 'ChecksumMismatch', message: expect.stringContaining('another network') });
    });

    test('says that CORS hides the ETag', async () => {
      house.oss.rewrite = (headers) => {
        const exposed = String(headers['access-control-expose-headers'] ?? '').replace(/ETag, ?/i, '');
        return { ...headers, 'access-control-expose-headers': exposed };
      };
      const page = await openPage();
      const upload = await begin(page, await house.sample('hidden.mp4', 5 * MIB), PARTS);
      const { error } = await until(page, upload, ({ state }) => state === 'failed');
      expect(error).toMatchObject({ code: 'MissingETag', message: expect.stringContaining('CORS') });
    });
  });

  describe('two tabs with the same file', () => {
    async function twoTabs(sample: string, from?: Engine) {
      const first = await halfway(sample, {}, from);
      const second = await openPage(from);
      const upload = await begin(second, first.file, PARTS);
      await until(second, upload, ({ state }) => state === 'elsewhere');
      return { first, second: { page: second, upload } };
    }

    test('upload it once, and both have the outcome', async () => {
      const before = creations();
      const { first, second } = await twoTabs('tabs.mp4');
      hurry();
      const seen = await finished(first.page, first.upload);
      const other = await finished(second.page, second.upload);
      expect(other).toMatchObject({ key: seen.key, parts: [] });
      await expectStored(seen, first.file);
      await expectNothingTwice(seen);
      expect(creations() - before).toBe(1);
    });

    test('go on in the second when the first is closed', async () => {
      const { first, second } = await twoTabs('closed.mp4');
      const before = await call(first.page, 'look', first.upload);
      await first.page.open('about:blank');
      hurry();
      const seen = await finished(second.page, second.upload);
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, first.file);
      await expectContinued(before.parts, seen);
    });

    test.runIf(name === 'chromium')(
      'go on in the second when the first is left, and kept for the way back',
      async () => {
        const keeper = await openEngine(name, { keepsPages: true });
        onTestFinished(() => keeper.close());
        const { first, second } = await twoTabs('kept-page.mp4', keeper);
        await first.page.open(`${house.site.url}/strict`);
        hurry();
        const seen = await finished(second.page, second.upload, 30_000);
        await expectStored(seen, first.file);
        await expectContinued(first.seen.parts, seen);
      },
    );

    test('go on in the second when the first pauses', async () => {
      const { first, second } = await twoTabs('handed.mp4');
      await call(first.page, 'pause', first.upload);
      const before = await call(first.page, 'look', first.upload);
      hurry();
      const seen = await finished(second.page, second.upload);
      await expectStored(seen, first.file);
      await expectContinued(before.parts, seen);
      await call(first.page, 'resume', first.upload);
      expect(await finished(first.page, first.upload)).toMatchObject({ key: seen.key });
    });
  });

  describe('an unfinished upload', () => {
    const options = () => ({ ...house.options, ...PARTS });
    const remembered = async (page: EnginePage, name: string) =>
      (await call(page, 'unfinished', options())).filter(({ fileName }) => fileName === name);

    test('is remembered over a reload, and goes on with the file that is chosen again, but with no other', async () => {
      const { page, file, seen: before } = await halfway('listed.mp4');
      const other = await house.sample('other.mp4', file.size);
      // Records are written once a second.
      await vi.waitUntil(
        async () => ((await remembered(page, 'listed.mp4'))[0]?.loaded ?? 0) >= before.parts.length * MIB,
        {
          timeout: 30_000,
          interval: 200,
        },
      );
      await page.reload();
      expect(await remembered(page, 'listed.mp4')).toMatchObject([
        { size: file.size, origin: 'here', reopenable: false },
      ]);
      const without = await call(page, 'resumeUnfinished', 'listed.mp4', options(), 'nothing');
      const missing = await until(page, without, ({ state }) => state === 'failed');
      expect(missing.error).toMatchObject({ code: 'FileUnreadable', message: expect.stringContaining('chosen again') });
      await page.setFiles('#file', [other.path]);
      const wrong = await call(page, 'resumeUnfinished', 'listed.mp4', options(), 'chosen');
      const refused = await until(page, wrong, ({ state }) => state === 'failed');
      expect(refused.error).toMatchObject({ code: 'FileChanged' });
      hurry();
      await page.setFiles('#file', [file.path]);
      const seen = await finished(page, await call(page, 'resumeUnfinished', 'listed.mp4', options(), 'chosen'));
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
      expect(await remembered(page, 'listed.mp4')).toEqual([]);
    });

    test('can be discarded after a reload', async () => {
      const { page } = await halfway('discarded.mp4');
      const { key } = house.requests.filter(({ operation }) => operation === 'UploadPart').at(-1) ?? {};
      await page.reload();
      await call(page, 'discardUnfinished', 'discarded.mp4', options());
      expect(await remembered(page, 'discarded.mp4')).toEqual([]);
      const removed = await house.server.logged((r) => r.operation === 'AbortMultipartUpload' && r.key === key);
      expect(removed.status).toBe(204);
    });

    test('of a file handle goes on after a reload without the file being chosen', async (context) => {
      const page = await openPage();
      if (!(await call(page, 'platform')).handles) return context.skip(`${name} has no file handles here`);
      house.oss.speed = SPEED;
      const file = await house.sample('kept.mp4', 16 * MIB);
      await page.setFiles('#file', [file.path]);
      await call(page, 'keep');
      const upload = await call(page, 'uploadKept', 'kept.mp4', options());
      const before = await until(page, upload, ({ parts }) => parts.length >= 3);
      expect(before.warnings).toEqual([]);
      house.oss.speed = CRAWL;
      await page.reload();
      hurry();
      expect(await remembered(page, 'kept.mp4')).toMatchObject([{ size: file.size, origin: 'here', reopenable: true }]);
      const seen = await finished(page, await call(page, 'resumeUnfinished', 'kept.mp4', options(), 'nothing'));
      expect(seen.videoId).toBe(before.videoId);
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
      expect(await remembered(page, 'kept.mp4')).toEqual([]);
    });
  });

  test('an upload without a connection waits, and goes on with it', async () => {
    // Where the browser cannot be told, it finds out by itself: that takes a few failures.
    const { page, file, upload, seen: before } = await halfway('offline.mp4', { retryCount: 20, retryDelay: 200 });
    const offline = page.setOffline ?? (async (off) => house.cut(off));
    await offline(true);
    if (page.setOffline) {
      expect((await call(page, 'platform')).online).toBe(false);
      await until(page, upload, ({ state }) => state === 'offline');
    }
    await quiet();
    await offline(false);
    hurry();
    const seen = await finished(page, upload);
    await expectStored(seen, file);
    await expectContinued(before.parts, seen);
  });

  describe('elsewhere', () => {
    async function withEngine(options: EngineOptions): Promise<Engine> {
      const other = await openEngine(name, options);
      onTestFinished(() => other.close());
      return other;
    }

    test('a page over plain HTTP, where the browser offers no WebCrypto, uploads', async () => {
      const other = await withEngine({ hosts: ['app.test'] });
      const page = await openPage(other, `http://app.test:${house.site.port}/`);
      expect(await call(page, 'platform')).toMatchObject({ secureContext: false, subtle: false });
      const file = await house.sample('plain.mp4', 5 * MIB);
      await expectStored(await finished(page, await begin(page, file, PARTS)), file);
    });

    test('a page that may store nothing uploads', async () => {
      const page = await openPage(engine, `${house.site.url}/sandboxed`);
      expect(await call(page, 'platform')).toMatchObject({ origin: 'null' });
      const file = await house.sample('sandboxed.mp4', 5 * MIB);
      await expectStored(await finished(page, await begin(page, file, PARTS)), file);
    });

    if (name === 'firefox') {
      test('a page whose cookies are blocked, and all storage with them, uploads', async () => {
        const page = await openPage(await withEngine({ noStorage: true }));
        const file = await house.sample('blocked.mp4', 5 * MIB);
        await expectStored(await finished(page, await begin(page, file, PARTS)), file);
      });
    }

    test('a page whose service worker takes every request, and with it the progress, uploads on a slow line', async () => {
      const page = await openPage(engine, `${house.site.url}/worked/`);
      await page.evaluate(`navigator.serviceWorker.register('worker.js').then(async () => {
        while (!navigator.serviceWorker.controller) await new Promise((done) => setTimeout(done, 20));
      })`);
      house.oss.speed = MIB / 2;
      const file = await house.sample('worked.mp4', 2 * MIB);
      const upload = await begin(page, file, { ...PARTS, timeout: 1_500, retryCount: 1, retryDelay: 10 });
      const seen = await finished(page, upload);
      await expectStored(seen, file);
      expect(seen.retries).toEqual([]);
    });

    test('a page with a strict content security policy uploads', async () => {
      const page = await openPage(engine, `${house.site.url}/strict`);
      const file = await house.sample('strict.mp4', 16 * MIB);
      const seen = await finished(page, await begin(page, file));
      await expectStored(seen, file);
      expect(seen.warnings).toEqual([]);
    });

    test('a private window uploads, and goes on after a reload', async () => {
      house.oss.speed = SPEED;
      const page = await openPage(await withEngine({ privateMode: true }));
      const file = await house.sample('private.mp4', 16 * MIB);
      const upload = await begin(page, file, PARTS);
      const before = await until(page, upload, ({ parts }) => parts.length >= 3);
      await page.reload();
      const seen = await finished(page, await begin(page, file, PARTS));
      await expectStored(seen, file);
      await expectContinued(before.parts, seen);
    });

    if (name !== 'chromium') return;
    test('a phone on 3G uploads', async () => {
      const page = await openPage(await withEngine({ phone: true }));
      expect(await call(page, 'platform')).toMatchObject({ touch: true });
      const file = await house.sample('phone.mp4', MIB);
      const seen = await finished(page, await begin(page, file));
      await expectStored(seen, file);
      expect(seen.retries).toEqual([]);
    });
  });
}

/** On a server of its own, whose credentials live for seconds. */
export function describeExpiry(name: EngineName): void {
  test('an upload crosses several expiries of token and UploadAuth', async () => {
    const life = 2;
    const house = await openHouse({ SLUICE_STS_MIN_DURATION: String(life), SLUICE_UPLOAD_AUTH_SECONDS: String(life) });
    onTestFinished(() => house.close());
    const engine = await openEngine(name);
    onTestFinished(() => engine.close());
    const page = await engine.newPage();
    await page.open(house.site.url);
    const file = await house.sample('expiry.mp4', 24 * MIB);
    house.oss.speed = file.size / (4 * life);
    await page.setFiles('#file', [file.path]);
    const seen = await finished(page, await call(page, 'upload', { ...house.options, partSize: 256 * 1024 }));
    expect(await storedMedia(house.server, seen.videoId)).toMatchObject({ size: file.size, sha256: file.sha256 });
    await house.server.logged((r) => r.operation === 'CompleteMultipartUpload' && r.key === seen.key);
    expect(seen.credentials.filter((layer) => layer === 'upload').length).toBeGreaterThanOrEqual(2);
    expect(house.site.tokens).toBeGreaterThanOrEqual(2);
    expect(partsSent(house, seen.key ?? '')).toMatchObject({ sentTwice: [], uploadIds: { size: 1 } });
  });
}
