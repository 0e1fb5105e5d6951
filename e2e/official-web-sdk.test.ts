/**
 * The official upload SDK for JavaScript, as published and unmodified, in Chromium, in STS mode: only names are mapped, as
 * an operator would with DNS. TLS with a self-made certificate, since the SDK knows nothing but https.
 */
import { readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

const require = createRequire(import.meta.url);

let server: ServerProcess;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let directory: string;

const PAGE = `<!doctype html><title>Operator's page</title><input id="file" type="file">
<script src="/oss.js"></script><script>window['ali-oss'] = window.OSS</script><script src="/vod.js"></script>
<script>
window.events = [];
window.outcome = new Promise((resolve) => { window.finish = resolve; });
AliyunUpload.__logTestCallback__ = () => {};
window.start = (token, paramData) => {
  const uploader = new AliyunUpload.Vod({
    userId: '1', region: 'cn-shanghai', partSize: 1048576, parallel: 5,
    onUploadstarted: (info) => {
      events.push('started');
      uploader.setSTSToken(info, token.accessKeyId, token.accessKeySecret, token.securityToken);
    },
    onUploadProgress: (info, total, percent) => events.push('progress'),
    onUploadSucceed: (info) => { events.push('succeed'); finish({ videoId: info.videoId, object: info.object }); },
    onUploadFailed: (info, code, message) => { events.push('failed'); finish({ code, message }); },
    onUploadTokenExpired: () => { events.push('expired'); finish({ code: 'expired' }); },
    onUploadEnd: () => events.push('end'),
  });
  uploader.addFile(document.getElementById('file').files[0], null, null, null, paramData);
  uploader.startUpload();
};
</script>`;

beforeAll(async () => {
  [server, directory] = await Promise.all([startServer({ args: ['--tls-self-signed'] }), temporaryDirectory()]);
  const oss = join(dirname(require.resolve('ali-oss/package.json')), 'dist', 'aliyun-oss-sdk.js');
  const vod = join(dirname(require.resolve('aliyun-upload-vod/package.json')), 'dist', 'aliyun-upload-vod.min.js');
  site = await servePages({
    '/': { type: 'text/html', body: PAGE },
    '/oss.js': { type: 'text/javascript', body: await readFile(oss) },
    '/vod.js': { type: 'text/javascript', body: await readFile(vod) },
  });
  browser = await openBrowser([`MAP vod.cn-shanghai.aliyuncs.com:443 127.0.0.1:${server.apiPort}`]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the official upload SDK for JavaScript', () => {
  test.each([
    ['below 100 KB, in one request', 90_000, 0],
    ['of several parts', 5_500_000, 6],
  ])('uploads a file %s', async (_name, size, parts) => {
    const file = join(directory, `holiday-${size}.mp4`);
    const expected = await writeSample(file, size, size);
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.setInputFiles('#file', file);
    const param = JSON.stringify({
      Vod: { Title: 'Holiday', Description: 'e2e', CateId: 1, Tags: 'a,b', UserData: '{"Extend":{"k":1}}' },
    });
    const outcome = await page.evaluate(
      async ([keys, data]) => {
        const operator = window as unknown as {
          start(keys: object, data: string): void;
          outcome: Promise<{ videoId: string }>;
        };
        operator.start(keys, data);
        return operator.outcome;
      },
      [await requestToken(server), param] as const,
    );
    expect(outcome).toMatchObject({ videoId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await page.waitForFunction(() => (window as unknown as { events: string[] }).events.at(-1) === 'end');
    const events = (await page.evaluate('events')) as string[];
    expect(events.filter((name) => name !== 'progress')).toEqual(['started', 'succeed', 'end']);
    const stored = await storedMedia(server, outcome.videoId);
    expect(stored).toMatchObject({ size, sha256: expected });
    expect(partsSent(server, stored.key).acknowledged.size).toBe(parts);
    await page.close();
  });
});
