/**
 * Credentials that live a few seconds, and an upload that takes many times as long: expiry is normal. Counted on the
 * server: same upload id, every part acknowledged once.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createUploader } from '@sluice/uploader/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { type Browser, limitUpload, openBrowser } from './support/browser.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

const SIZE = 300_000_000;
const LIFE_SECONDS = 2;
/** Bytes a second that make the upload outlive its credentials more than ten times. */
const SPEED = 11_000_000;

let server: ServerProcess;
let directory: string;
let file: string;
let expected: string;

beforeAll(async () => {
  directory = await temporaryDirectory();
  file = join(directory, 'expiry.mp4');
  [server, expected] = await Promise.all([
    startServer({
      env: { SLUICE_STS_MIN_DURATION: String(LIFE_SECONDS), SLUICE_UPLOAD_AUTH_SECONDS: String(LIFE_SECONDS) },
    }),
    writeSample(file, SIZE, 300),
  ]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function verify(videoId: string, seconds: number): Promise<void> {
  const stored = await storedMedia(server, videoId);
  expect(stored).toMatchObject({ size: SIZE, sha256: expected });
  await server.logged(({ operation, key }) => operation === 'CompleteMultipartUpload' && key === stored.key);
  const parts = partsSent(server, stored.key);
  const grants = server.requests.filter(({ action }) => action === 'RefreshUploadVideo').length;
  console.info(
    `${(SIZE / 1e6).toFixed(0)} MB in ${seconds.toFixed(0)} s over lives of ${LIFE_SECONDS} s: ${grants} renewals, ` +
      `${parts.refused} parts refused, ${parts.acknowledged.size} acknowledged, ${parts.sentTwice.length} twice`,
  );
  expect(seconds / LIFE_SECONDS).toBeGreaterThan(10);
  expect(grants).toBeGreaterThanOrEqual(10);
  expect(parts.sentTwice).toEqual([]);
  expect(parts.uploadIds.size).toBe(1);
}

describe('a 300 MB upload crosses more than ten expiries of token and UploadAuth', () => {
  test('in Node', async () => {
    let tokens = 0;
    const uploader = createUploader({
      endpoint: server.api,
      credentials: async () => {
        tokens++;
        return { ...(await requestToken(server)), expiration: new Date(Date.now() + LIFE_SECONDS * 1000) };
      },
      partSize: 1024 * 1024,
      checkpoints: false,
      bandwidth: SPEED,
    });
    const started = performance.now();
    const { videoId } = await uploader.upload(file).done;
    const seconds = (performance.now() - started) / 1000;
    uploader.close();
    expect(tokens).toBeGreaterThanOrEqual(10);
    await verify(videoId ?? '', seconds);
  });

  test('in the browser', async () => {
    const before = server.requests.filter(({ action }) => action === 'RefreshUploadVideo').length;
    expect(before).toBeGreaterThan(0);
    const browser: Browser = await openBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.api}/demo/`);
      await limitUpload(page, SPEED);
      const started = performance.now();
      await page.setInputFiles('#pick', file);
      const row = page.locator('.row', { hasText: 'expiry.mp4' });
      await row.locator('.state', { hasText: 'Done' }).waitFor({ timeout: 150_000 });
      const seconds = (performance.now() - started) / 1000;
      await verify((await row.getAttribute('data-media-id')) ?? '', seconds);
    } finally {
      await browser.close();
    }
  });
});
