/** The life of the React hooks in a browser: StrictMode, effects that are run again, rows that are drawn alone. */
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { repository, type ServerProcess, startServer } from './support/server.js';

const SCRIPT = `
import { Activity, StrictMode, createElement as h, memo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { useUploader, useUploadItem, useUploads } from '@sluice/uploader/react';

const seen = window.seen = { asked: [], drawn: {} };

const Row = memo(function Row({ list, id }) {
  const item = useUploadItem(list, id);
  seen.drawn[item?.fileName] = (seen.drawn[item?.fileName] ?? 0) + 1;
  return h('li', null, item?.fileName + ' ' + item?.state);
});
function Rows() {
  const [label, setLabel] = useState('first');
  const uploader = useUploader({
    endpoint: ENDPOINT,
    credentials: async () => { seen.asked.push(label); return window.newToken(); },
  });
  const { ids, list } = useUploads(uploader, { autostart: false });
  Object.assign(seen, { uploader, list, setLabel });
  return h('ul', null, label, ids.map((id) => h(Row, { key: id, list, id })));
}
function App() {
  const [mode, setMode] = useState('visible');
  Object.assign(seen, { setMode });
  return h(Activity, { mode }, h(Rows));
}
const root = createRoot(document.querySelector('#app'));
root.render(h(StrictMode, null, h(App)));
seen.unmount = () => root.unmount();
window.file = (name) => new File(['x'.repeat(2000)], name, { type: 'video/mp4' });
window.later = () => new Promise((resolve) => setTimeout(resolve, 50));
`;

interface Seen {
  seen: {
    asked: string[];
    drawn: Record<string, number>;
    uploader: { upload(file: Blob): { readonly state: string } };
    list: { add(files: Blob[]): { added: string[] }; start(): void; pause(id: string): void };
    setLabel(label: string): void;
    setMode(mode: 'visible' | 'hidden'): void;
    unmount(): void;
  };
  file(name: string): File;
  later(): Promise<void>;
}
declare const window: Seen;

let server: ServerProcess;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let page: Page;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), openBrowser()]);
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: join(repository, 'packages', 'uploader') },
    bundle: true,
    format: 'iife',
    write: false,
    define: { ENDPOINT: JSON.stringify(server.api), 'process.env.NODE_ENV': '"development"' },
  });
  site = await servePages({
    '/': {
      type: 'text/html',
      body: '<!doctype html><title>Hooks</title><div id="app"></div><script src="/app.js"></script>',
    },
    '/app.js': { type: 'text/javascript', body: outputFiles[0]?.text ?? '' },
  });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await server?.stop();
});
beforeEach(async () => {
  await page?.close();
  page = await browser.newPage();
  await page.exposeFunction('newToken', () => requestToken(server));
  await page.goto(site.url);
  await page.locator('ul').waitFor();
});

test('useUploader survives StrictMode, calls the latest credentials, and closes after the component', async () => {
  await page.evaluate(async () => {
    await window.later();
    window.seen.setLabel('second');
    await window.later();
    window.seen.list.add([window.file('a.mp4')]);
    window.seen.list.start();
  });
  await page.locator('li', { hasText: 'a.mp4 success' }).waitFor();
  const [asked, state] = await page.evaluate(async () => {
    const { asked, unmount, uploader } = window.seen;
    unmount();
    await window.later();
    return [asked, uploader.upload(window.file('late.mp4')).state];
  });
  expect([asked, state]).toEqual([['second'], 'canceled']);
});

test('useUploader begins anew when the component was hidden and is shown again', async () => {
  const fresh = await page.evaluate(async () => {
    const { setMode, uploader } = window.seen;
    setMode('hidden');
    await window.later();
    setMode('visible');
    await window.later();
    window.seen.list.add([window.file('b.mp4')]);
    window.seen.list.start();
    return window.seen.uploader !== uploader;
  });
  expect(fresh).toBe(true);
  await page.locator('li', { hasText: 'b.mp4 success' }).waitFor();
});

test('useUploadItem draws the row that changed, and no other', async () => {
  const [before, after] = await page.evaluate(async () => {
    const { added } = window.seen.list.add(['a.mp4', 'b.mp4', 'c.mp4'].map(window.file));
    await window.later();
    const drawn = { ...window.seen.drawn };
    window.seen.list.pause(added[1] as string);
    await window.later();
    return [drawn, window.seen.drawn];
  });
  expect(after?.['b.mp4']).toBeGreaterThan(before?.['b.mp4'] ?? 0);
  expect([after?.['a.mp4'], after?.['c.mp4']]).toEqual([before?.['a.mp4'], before?.['c.mp4']]);
});
