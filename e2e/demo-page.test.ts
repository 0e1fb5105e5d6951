import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callVod } from './support/api.js';
import { type Browser, limitUpload, openBrowser } from './support/browser.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

let server: ServerProcess;
let browser: Browser;
let directory: string;

beforeAll(async () => {
  [server, directory, browser] = await Promise.all([startServer(), temporaryDirectory(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function openDemo(): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(`${server.api}/`);
  return { page, problems };
}

const row = (page: Page, name: string) => page.locator('.row', { hasText: name });
/** Drops a file of the disk as the desktop would: through the browser's own drag events. */
async function dropFile(page: Page, target: string, file: string): Promise<void> {
  const box = await page.locator(target).boundingBox();
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', {
      type,
      x: (box?.x ?? 0) + 20,
      y: (box?.y ?? 0) + 20,
      data: { items: [], files: [file], dragOperationsMask: 1 },
    });
  }
}

const mediaId = async (page: Page, name: string): Promise<string> =>
  (await row(page, name).getAttribute('data-media-id')) ?? '';

describe('the demo page', () => {
  test('uploads several dropped files straight to the data plane', async () => {
    const names = ['one.mp4', 'two.mp4', 'three.mp3', 'cover.png'];
    const sizes = [50_000, 3_000_000, 12_000_000, 700_000];
    const hashes = await Promise.all(
      names.map((name, i) => writeSample(join(directory, name), sizes[i] as number, i + 1)),
    );
    const { page, problems } = await openDemo();
    expect(page.url()).toBe(`${server.api}/demo/`);
    await page.setInputFiles(
      '#pick',
      names.map((name) => join(directory, name)),
    );
    for (const [i, name] of names.entries()) {
      await row(page, name).locator('.state', { hasText: 'Done' }).waitFor();
      const id = await mediaId(page, name);
      expect(await storedMedia(server, id)).toMatchObject({ size: sizes[i], sha256: hashes[i] });
      if (name.endsWith('.mp4')) {
        const { body } = await callVod(server, 'GetVideoInfo', { VideoId: id });
        expect(body).toMatchObject({ Video: { Status: 'Normal', Size: sizes[i] } });
      }
    }
    expect(problems).toEqual([]);
    await page.close();
  });

  test('takes a real drop, pauses, goes on, and shows progress', async () => {
    const file = join(directory, 'halt.mp4');
    const expected = await writeSample(file, 24_000_000, 77);
    const { page } = await openDemo();
    await limitUpload(page, 4_000_000);
    await dropFile(page, '#drop', file);
    const line = row(page, 'halt.mp4');
    await line.locator('.figures', { hasText: '/s,' }).waitFor();
    expect(await line.locator('.figures').textContent()).toMatch(/B of 24\.0 MB \(\d+ %\), .*B\/s, .* left/);
    await line.getByRole('button', { name: 'Pause' }).click();
    await line.locator('.state', { hasText: 'Paused' }).waitFor();
    await limitUpload(page, -1);
    await line.getByRole('button', { name: 'Resume' }).click();
    await line.locator('.state', { hasText: 'Done' }).waitFor();
    const stored = await storedMedia(server, await mediaId(page, 'halt.mp4'));
    expect(stored.sha256).toBe(expected);
    const parts = partsSent(server, stored.key);
    expect([parts.sentTwice, parts.uploadIds.size]).toEqual([[], 1]);
    await page.close();
  });

  test('goes on after the page was closed in the middle', async () => {
    const file = join(directory, 'reload.mp4');
    const expected = await writeSample(file, 30_000_000, 78);
    const { page } = await openDemo();
    await limitUpload(page, 6_000_000);
    await page.setInputFiles('#pick', file);
    await server.logged(
      ({ operation, partNumber, status, key }) =>
        operation === 'UploadPart' &&
        status === 200 &&
        (partNumber ?? 0) >= 6 &&
        (key ?? '').startsWith('media/') &&
        !key?.includes('halt'),
    );
    await page.close({ runBeforeUnload: false });

    const { page: again } = await openDemo();
    await again.setInputFiles('#pick', file);
    await row(again, 'reload.mp4').locator('.state', { hasText: 'Done' }).waitFor();
    const stored = await storedMedia(server, await mediaId(again, 'reload.mp4'));
    expect(stored.sha256).toBe(expected);
    const parts = partsSent(server, stored.key);
    expect([parts.sentTwice, parts.uploadIds.size]).toEqual([[], 1]);
    await again.close();
  });

  test('keeps the place of the keyboard when a button turns into another', async () => {
    const file = join(directory, 'keys.mp4');
    await writeSample(file, 20_000_000, 81);
    const { page } = await openDemo();
    await limitUpload(page, 2_000_000);
    await page.setInputFiles('#pick', file);
    await page.getByRole('button', { name: 'Pause keys.mp4' }).press('Enter');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Resume');
    expect(await page.locator('#status').textContent()).toContain('1 paused');
    await page.getByRole('button', { name: 'Cancel keys.mp4' }).press('Enter');
    await page.waitForFunction(() => document.activeElement?.textContent === 'Remove');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'pick');
    await page.close();
  });

  test('cancels: the unfinished upload is gone from the server', async () => {
    const file = join(directory, 'cancel.mp4');
    await writeSample(file, 20_000_000, 79);
    const { page } = await openDemo();
    await limitUpload(page, 2_000_000);
    await page.setInputFiles('#pick', file);
    const line = row(page, 'cancel.mp4');
    await line.locator('.figures', { hasText: '/s' }).waitFor();
    await line.getByRole('button', { name: 'Cancel cancel.mp4' }).click();
    await line.locator('.state', { hasText: 'Canceled' }).waitFor();
    await server.logged(({ operation, status }) => operation === 'AbortMultipartUpload' && status === 204);
    await page.close();
  });

  test('fails with a reason for a file that is no media, and offers to retry', async () => {
    const file = join(directory, 'notes.txt');
    await writeSample(file, 2_000, 80);
    const { page } = await openDemo();
    await page.setInputFiles('#pick', file);
    const line = row(page, 'notes.txt');
    await line.locator('.state', { hasText: 'Failed' }).waitFor();
    expect(await line.locator('.note').textContent()).toContain('extension');
    expect(await line.getByRole('button', { name: 'Retry' }).isVisible()).toBe(true);
    await page.close();
  });
});
