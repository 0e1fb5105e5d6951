/** The page that docs/sdk/aliyun-upload.md shows, as it stands there: only the address of the server is put in. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { writeSample } from './support/files.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

let server: ServerProcess;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let directory: string;

beforeAll(async () => {
  [server, directory] = await Promise.all([startServer(), temporaryDirectory()]);
  const text = await readFile(join(repository, 'docs', 'sdk', 'aliyun-upload.md'), 'utf8');
  const page = /```html\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  const { accessKeyId, accessKeySecret, securityToken } = await requestToken(server);
  const token = { AccessKeyId: accessKeyId, AccessKeySecret: accessKeySecret, SecurityToken: securityToken };
  site = await servePages({
    '/': { type: 'text/html', body: page.replace('https://vod.example.com', server.api) },
    '/token': { type: 'application/json', body: JSON.stringify(token) },
    '/aliyun-upload.global.js': {
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

test('the complete page of the documentation uploads what is picked', async () => {
  const files = ['holiday.mp4', 'photo.png'].map((name) => join(directory, name));
  const expected = await Promise.all(files.map((file, index) => writeSample(file, 3_000_000 - index, 7 + index)));
  const page = await browser.newPage();
  await page.goto(site.url);
  await page.setInputFiles('#file', files);
  await page.locator('li', { hasText: 'all done' }).waitFor();
  const lines = await page.locator('li').allTextContents();
  expect(lines.slice(0, 2)).toEqual(['holiday.mp4 added', 'photo.png added']);
  const ids = lines.slice(2, 4).map((line) => / is ([0-9a-f]{32})$/.exec(line)?.[1] ?? line);
  expect(lines.at(-1)).toBe('all done');
  for (const [index, id] of ids.entries()) {
    expect(await storedMedia(server, id)).toMatchObject({ sha256: expected[index] });
  }
});
