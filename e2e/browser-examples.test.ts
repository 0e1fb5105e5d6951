/** The examples for browsers, built and served as a user would, each uploading to a real server in Chromium. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, limitUpload, openBrowser } from './support/browser.js';
import { type ServedExample, serveExample } from './support/example.js';
import { writeSample } from './support/files.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
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

async function open(example: ServedExample): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  await page.goto(example.url);
  return { page, problems };
}

/** The media ids as the page shows them, once there are so many. */
async function mediaIds(page: Page, files: number): Promise<string[]> {
  const find = (): string[] => {
    const marked = [...document.querySelectorAll('[data-media-id]')].map(
      (row) => row.getAttribute('data-media-id') ?? '',
    );
    const written = document.querySelector('output, #app ul')?.textContent?.match(/[0-9a-f]{32}/g) ?? [];
    return [...new Set([...marked, ...written])].filter((id) => id !== '');
  };
  await page.waitForFunction(`(${find})().length >= ${files}`);
  return page.evaluate(find);
}

describe.each(['web-component', 'react', 'vue', 'uppy'])('examples/%s', (name) => {
  test('uploads, pauses, goes on, and sends no acknowledged part twice', async () => {
    const example = await serveExample(name, server.api);
    try {
      const [big, small] = [join(directory, `${name}.mp4`), join(directory, `${name}.png`)];
      const expected = [await writeSample(big, 16_000_000, name.length), await writeSample(small, 40_000, 3)];
      const { page, problems } = await open(example);
      await limitUpload(page, 4_000_000);
      await page.locator('input[type=file]').first().setInputFiles([big, small]);
      const before = server.requests.length;
      await server.logged(
        (request) => request.operation === 'UploadPart' && server.requests.indexOf(request) >= before,
      );
      await page
        .getByRole('button', { name: /^Pause/ })
        .first()
        .click();
      const resume = page.getByRole('button', { name: /resume/i }).first();
      await resume.waitFor();
      // What the pause cut off may still arrive whole: the client asks for it when it goes on, not before.
      await sleep(1000);
      await limitUpload(page, -1);
      await resume.click();
      const ids = await mediaIds(page, 2);
      const stored = await Promise.all(ids.map((id) => storedMedia(server, id)));
      expect(stored.map(({ sha256 }) => sha256).sort()).toEqual(expected.sort());
      for (const { key } of stored) expect(partsSent(server, key).sentTwice).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    } finally {
      await example.stop();
    }
  });
});

test.each([
  ['react', 'app.jsx'],
  ['vue', 'App.vue'],
  ['uppy', 'main.js'],
])('the page docs/sdk/%s.md shows the example that was run', async (name, source) => {
  const shown = await readFile(join(repository, 'docs', 'sdk', `${name}.md`), 'utf8');
  expect(shown).toContain(await readFile(join(repository, 'examples', name, source), 'utf8'));
});
