/** `AliyunUpload.Vod` on our core, in Chromium, used the way pages use the official SDK. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callVod, requestToken } from './support/api.js';
import { type Browser, limitUpload, openBrowser, servePages } from './support/browser.js';
import { writeSample } from './support/files.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

let server: ServerProcess;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let directory: string;

const PAGE = `<!doctype html><title>Operator's page</title><input id="file" type="file">
<script src="/sdk.js"></script>
<script>
window.events = [];
window.run = (endpoint, mode) => new Promise((resolve) => {
  const keys = async () => {
    const t = await window.newToken();
    return [t.accessKeyId, t.accessKeySecret, t.securityToken];
  };
  const uploader = new AliyunUpload.Vod({
    userId: '1', endpoint, partSize: 262144, parallel: 3, localCheckpoint: true,
    addFileSuccess: () => events.push('added'),
    onUploadstarted: async (info) => {
      events.push('started');
      if (mode === 'sts') return uploader.setSTSToken(info, ...(await keys()));
      const grant = await window.newGrant(info.videoId || '');
      uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
    },
    onUploadProgress: (info, total, percent) => { if (!(percent >= 0 && percent <= 1)) events.push('bad progress'); },
    onUploadTokenExpired: async (info) => {
      events.push('expired');
      if (mode === 'sts') return uploader.resumeUploadWithSTSToken(...(await keys()));
      uploader.resumeUploadWithAuth((await window.newGrant(info.videoId)).UploadAuth);
    },
    onUploadSucceed: (info) => { events.push('succeed'); window.done = { videoId: info.videoId, object: info.object, bucket: info.bucket }; },
    onUploadFailed: (info, code, message) => { events.push('failed'); window.done = { code, message }; },
    onUploadEnd: () => { events.push('end'); resolve(window.done); },
  });
  const param = JSON.stringify({ Vod: { Title: 'Facade', Tags: 'a,b' } });
  uploader.addFile(document.getElementById('file').files[0], null, null, null, param);
  uploader.startUpload();
});
</script>`;

const LIFE_SECONDS = 3;

beforeAll(async () => {
  const env = { SLUICE_STS_MIN_DURATION: String(LIFE_SECONDS), SLUICE_UPLOAD_AUTH_SECONDS: String(LIFE_SECONDS) };
  [server, directory] = await Promise.all([startServer({ env }), temporaryDirectory()]);
  site = await servePages({
    '/': { type: 'text/html', body: PAGE },
    '/sdk.js': {
      type: 'text/javascript',
      body: await readFile(join(repository, 'packages', 'uploader', 'dist', 'aliyun-upload.global.js')),
    },
  });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('AliyunUpload.Vod', () => {
  test.each(['sts', 'credential'])('survives credentials that run out many times, in %s mode', async (mode) => {
    const file = join(directory, `facade-${mode}.mp4`);
    const expected = await writeSample(file, 24_000_000, mode.length);
    const page = await browser.newPage();
    await page.exposeFunction('newToken', () => requestToken(server));
    // The page's own back end: it creates and refreshes on behalf of the page.
    await page.exposeFunction('newGrant', async (videoId: string) => {
      const { body } = videoId
        ? await callVod(server, 'RefreshUploadVideo', { VideoId: videoId })
        : await callVod(server, 'CreateUploadVideo', { Title: 'Facade', FileName: 'facade.mp4' });
      return body;
    });
    await page.goto(site.url);
    await page.setInputFiles('#file', file);
    await limitUpload(page, 1_800_000);
    const outcome = await page.evaluate(
      ([endpoint, how]) =>
        (window as unknown as { run(endpoint: string, mode: string): Promise<{ videoId: string }> }).run(endpoint, how),
      [server.api, mode] as const,
    );
    expect(outcome).toMatchObject({ videoId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const events = (await page.evaluate('events')) as string[];
    expect(events.slice(0, 2)).toEqual(['added', 'started']);
    expect(events.slice(-2)).toEqual(['succeed', 'end']);
    expect(events.filter((name) => name === 'expired').length).toBeGreaterThanOrEqual(2);
    const stored = await storedMedia(server, outcome.videoId);
    expect(stored).toMatchObject({ size: 24_000_000, sha256: expected });
    const parts = partsSent(server, stored.key);
    expect([parts.sentTwice, parts.uploadIds.size, parts.acknowledged.size]).toEqual([[], 1, 92]);
    await page.close();
  });
});
