/** `<sluice-uploader>` in Chromium, against a real server: what people who use it in any way meet. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type {} from '@sluice/uploader/element';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Browser, limitUpload, openBrowser } from './support/browser.js';
import { type ServedExample, serveExample } from './support/example.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { partsSent, storedMedia } from './support/stored.js';

let server: ServerProcess;
let browser: Browser;
let directory: string;
let example: ServedExample;
let page: Page;
let axeSource: string;

const SIZES = { 'talk.mp4': 12_000_000, 'clip.mp4': 6_000_000, 'song.mp3': 90_000, 'notes.txt': 2_000 } as const;
const file = (name: string) => join(directory, name);

beforeAll(async () => {
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  [server, directory, browser] = await Promise.all([startServer(), temporaryDirectory(), openBrowser()]);
  example = await serveExample('web-component', server.api);
  await Promise.all(Object.entries(SIZES).map(([name, size], i) => writeSample(file(name), size, i + 1)));
});
afterAll(async () => {
  await browser?.close();
  await example?.stop();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await page?.close();
  page = await browser.newPage();
  // What one test leaves unfinished is nothing for the next.
  await page.addInitScript(() => {
    document.addEventListener('readystatechange', () => {
      if (location.hash !== '#unfinished') {
        document.querySelector('sluice-uploader')?.setAttribute('unfinished', 'false');
      }
    });
  });
  await page.goto(example.url);
});

const pick = (...names: string[]) =>
  page.locator('sluice-uploader input[type=file]').first().setInputFiles(names.map(file));
const item = (name: string) => page.locator('sluice-uploader li', { hasText: name });
const inState = (name: string, state: string) =>
  page.locator(`sluice-uploader li[data-state=${state}]`, { hasText: name }).waitFor();
/** Name of the button that has the focus, inside the element or out. */
const focused = () =>
  page.evaluate(() => {
    const active = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;
    return active?.getAttribute('aria-label') ?? active?.textContent ?? '';
  });

async function violations(): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page, axeSource }).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

/** Two uploads under way on a slow line, one of them paused, one done, one refused. */
async function busyList(): Promise<void> {
  await limitUpload(page, 200_000);
  await pick('talk.mp4', 'clip.mp4', 'song.mp3', 'notes.txt');
  await inState('talk.mp4', 'uploading');
  await item('clip.mp4').getByRole('button', { name: 'Pause clip.mp4' }).click();
  await inState('song.mp3', 'success');
}

describe('<sluice-uploader>', () => {
  test('takes files and whole folders from a drop, and tells of each success', async () => {
    const folder = join(directory, 'shoot');
    await mkdir(join(folder, 'day 2'), { recursive: true });
    const expected = [
      await writeSample(join(folder, 'a.mp4'), 150_000, 21),
      await writeSample(join(folder, 'day 2', 'b.mp4'), 120_000, 22),
      await writeSample(file('loose.mp4'), 110_000, 23),
    ];
    const box = await page.locator('sluice-uploader').boundingBox();
    const session = await page.context().newCDPSession(page);
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
      await session.send('Input.dispatchDragEvent', {
        type,
        x: (box?.x ?? 0) + 50,
        y: (box?.y ?? 0) + 50,
        data: { items: [], files: [folder, file('loose.mp4')], dragOperationsMask: 1 },
      });
    }
    await page.waitForFunction(() => document.querySelector('output')?.value.split(', ').length === 3);
    const ids = (await page.locator('output').textContent())?.split(', ') ?? [];
    const stored = await Promise.all(ids.map((id) => storedMedia(server, id)));
    expect(stored.map(({ sha256 }) => sha256).sort()).toEqual(expected.sort());
  });

  test('says why a file is refused, and does not upload it', async () => {
    await page.evaluate(() => document.querySelector('sluice-uploader')?.setAttribute('max-size', '1000000'));
    await pick('notes.txt', 'talk.mp4');
    expect(await item('notes.txt').textContent()).toContain('not accepted, only video/*, audio/*');
    expect(await item('talk.mp4').textContent()).toContain('larger than 1 MB');
    await page.evaluate(() => document.querySelector('sluice-uploader')?.setAttribute('lang', 'zh-CN'));
    expect(await item('notes.txt').textContent()).toContain('不支持此类型的文件');
    expect(await page.getByRole('button', { name: '选择文件', exact: true }).count()).toBe(1);
  });

  test('takes `false` for off, as Vue and React 18 write it', async () => {
    const shown = await page.evaluate(() => {
      const element = document.querySelector('sluice-uploader');
      for (const name of ['disabled', 'multiple', 'directory']) element?.setAttribute(name, 'false');
      const [choose, folder] = [...(element?.shadowRoot?.querySelectorAll<HTMLElement>('.choosers button') ?? [])];
      const input = element?.shadowRoot?.querySelector('input');
      return { disabled: choose?.matches(':disabled'), multiple: input?.multiple, folder: !folder?.hidden };
    });
    expect(shown).toEqual({ disabled: false, multiple: false, folder: false });
  });

  test('takes no drop while it is disabled, and lets none replace the page', async () => {
    const dropped = await page.evaluate(() => {
      const element = document.querySelector('sluice-uploader') as HTMLElementTagNameMap['sluice-uploader'];
      element.setAttribute('disabled', '');
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['x'], 'clip.mp4', { type: 'video/mp4' }));
      const zone = element.shadowRoot?.querySelector('.dropzone');
      const allowed = ['dragenter', 'dragover', 'drop'].map((type) =>
        zone?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true })),
      );
      return { allowed, files: element.list?.getSnapshot().totals.items };
    });
    expect(dropped).toEqual({ allowed: [false, false, false], files: 0 });
  });

  test.each([
    ['light', 'ltr', 'en'],
    ['dark', 'rtl', 'zh-CN'],
  ] as const)('has nothing that axe finds fault with: %s, %s, %s', async (colorScheme, dir, lang) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.evaluate((to) => Object.assign(document.documentElement, to), { dir });
    expect(await violations()).toEqual([]);
    await busyList();
    await page.evaluate((to) => document.querySelector('sluice-uploader')?.setAttribute('lang', to), lang);
    expect(await violations()).toEqual([]);
    const motion = await page.evaluate(() => {
      const root = document.querySelector('sluice-uploader')?.shadowRoot;
      return getComputedStyle(root?.querySelector('.fill') as Element).transitionDuration;
    });
    expect(motion).toBe('0s');
  });

  test('mirrors itself where text runs from right to left', async () => {
    await page.evaluate(() => Object.assign(document.documentElement, { dir: 'rtl' }));
    await busyList();
    const row = item('talk.mp4');
    const [name, button] = await Promise.all([
      row.locator('.name').boundingBox(),
      row.locator('button').first().boundingBox(),
    ]);
    expect(name?.x).toBeGreaterThan(button?.x ?? Number.POSITIVE_INFINITY);
    const [fill, track] = await Promise.all([row.locator('.fill').boundingBox(), row.locator('.track').boundingBox()]);
    expect((fill?.x ?? 0) + (fill?.width ?? 0)).toBeCloseTo((track?.x ?? 0) + (track?.width ?? 0), 0);
  });

  test('fits a narrow screen', async () => {
    await page.setViewportSize({ width: 320, height: 700 });
    await busyList();
    const tooWide = await page.locator('sluice-uploader').evaluate((element) => {
      const { right } = element.getBoundingClientRect();
      const inner = [...(element.shadowRoot?.querySelectorAll('button, span, p, li, svg') ?? [])];
      const out = inner.filter(
        (child) => !child.matches('.quiet, .quiet *') && child.getBoundingClientRect().right > right,
      );
      return out.map(({ className, textContent }) => `${className}: ${textContent}`);
    });
    expect(tooWide).toEqual([]);
    const boxes = await page
      .locator('sluice-uploader li')
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().toJSON()));
    const edges = boxes.sort((a, b) => a.top - b.top);
    for (const [i, { top }] of edges.entries()) if (i > 0) expect(top).toBeGreaterThanOrEqual(edges[i - 1].bottom - 1);
  });

  test('is used with the keyboard alone, and never loses its place', async () => {
    const keys = async (...pressed: string[]) => {
      for (const key of pressed) await page.keyboard.press(key);
      return focused();
    };
    expect(await keys('Tab')).toBe('Choose files');
    await busyList();
    await page.getByRole('button', { name: 'Choose files' }).focus();
    expect(await keys('Tab')).toBe('Choose folder');
    expect(await keys('Tab')).toBe('Pause all');
    expect(await keys('Tab')).toBe('Clear finished');
    // The list is one stop; where it was used last is where it is entered.
    expect(await keys('Tab')).toBe('Resume clip.mp4');
    expect(await keys('ArrowUp')).toBe('Pause talk.mp4');
    await keys('Enter');
    await expect.poll(focused).toBe('Resume talk.mp4');
    expect(await keys('ArrowRight')).toBe('Cancel talk.mp4');
    expect(await keys('End')).toBe('Remove notes.txt');
    await keys('Delete');
    await expect.poll(focused).toBe('Remove song.mp3');
    await keys('ArrowUp', 'Enter');
    await expect.poll(focused).toBe('Remove clip.mp4');
    expect(await keys('Tab')).not.toContain('.mp');
    for (const name of ['song.mp3', 'clip.mp4']) {
      await page.getByRole('button', { name: `Remove ${name}` }).focus();
      await keys('Enter');
      await item(name).waitFor({ state: 'detached' });
    }
    await expect.poll(focused).toBe('Cancel talk.mp4');
    await keys('Enter');
    await expect.poll(focused).toBe('Remove talk.mp4');
    await keys('Enter');
    await expect.poll(focused).toBe('Choose files');
  });

  test('shows where the focus is', async () => {
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(() => {
      const active = document.activeElement?.shadowRoot?.activeElement as Element;
      const { outlineStyle, outlineWidth } = getComputedStyle(active);
      return [outlineStyle, outlineWidth];
    });
    expect(outline).toEqual(['solid', '2px']);
  });

  test('announces what happens, bundled, and not every tick', async () => {
    await page.evaluate(() => {
      const region = document.querySelector('sluice-uploader')?.shadowRoot?.querySelector('[role=status]') as Element;
      const heard: string[] = [];
      Object.assign(window, { heard });
      new MutationObserver(() => region.textContent && heard.push(region.textContent)).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
    });
    await limitUpload(page, 3_000_000);
    await pick('talk.mp4', 'song.mp3', 'notes.txt');
    await inState('talk.mp4', 'success');
    const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
    await expect.poll(heard).toContain('talk.mp4 uploaded');
    expect((await heard()).join('. ')).toContain('2 files added');
    expect((await heard()).join('. ')).toContain('notes.txt was not accepted');
    expect((await heard()).length).toBeLessThanOrEqual(4);
  });

  test('keeps 30 000 files out of the page but those in sight, each knowing its place', async () => {
    await page.evaluate(() => {
      const element = document.querySelector('sluice-uploader');
      element?.setAttribute('autostart', 'false');
      element?.add(
        Array.from({ length: 30_000 }, (_, i) => new File(['x'], `clip ${i + 1}.mp4`, { type: 'video/mp4' })),
      );
    });
    await item('clip 1.mp4').first().waitFor();
    const places = () =>
      page
        .locator('sluice-uploader li')
        .evaluateAll((rows) =>
          rows.map((row) => [Number(row.getAttribute('aria-posinset')), Number(row.getAttribute('aria-setsize'))]),
        );
    const first = await places();
    expect(first.length).toBeLessThan(30);
    expect(first[0]).toEqual([1, 30_000]);
    await page.getByRole('button', { name: 'Start clip 1.mp4', exact: true }).focus();
    await page.keyboard.press('End');
    await expect.poll(focused).toBe('Start clip 30000.mp4');
    expect((await places()).at(-1)).toEqual([30_000, 30_000]);
    expect((await places()).length).toBeLessThan(30);
    await page.locator('sluice-uploader .list').evaluate((list) => list.scrollTo(0, list.scrollHeight / 2));
    await expect.poll(async () => (await places())[5]?.[0]).toBeGreaterThan(14_000);
    // The row with the focus stays, however far away.
    expect(await focused()).toBe('Start clip 30000.mp4');
    await page.keyboard.press('PageUp');
    await expect.poll(focused).toMatch(/^Start clip 299/);
  });

  test('shows what an earlier session did not finish; it goes on when the file is picked again, or is discarded', async () => {
    const expected = await writeSample(file('holiday.mp4'), 12_000_000, 31);
    await writeSample(file('party.mp4'), 6_000_000, 32);
    await page.goto(`${example.url}/#unfinished`);
    await page.reload();
    await limitUpload(page, 2_000_000);
    const before = server.requests.length;
    await pick('holiday.mp4', 'party.mp4');
    for (const _ of [1, 2]) {
      await server.logged(
        (request) => request.operation === 'UploadPart' && server.requests.indexOf(request) >= before,
      );
    }
    await inState('party.mp4', 'uploading');
    await expect.poll(() => item('party.mp4').textContent(), { timeout: 20_000 }).toMatch(/[1-9.]+ MB of 6 MB/);
    await page.reload();
    await inState('holiday.mp4', 'unfinished');
    await inState('party.mp4', 'unfinished');
    await limitUpload(page, -1);
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose file of holiday.mp4' }).click();
    await (await chooser).setFiles(file('holiday.mp4'));
    await inState('holiday.mp4', 'success');
    await page.getByRole('button', { name: 'Discard party.mp4' }).click();
    await item('party.mp4').waitFor({ state: 'detached' });
    const id = (await page.locator('output').textContent()) ?? '';
    const { key, sha256 } = await storedMedia(server, id);
    expect([sha256, partsSent(server, key).sentTwice]).toEqual([expected, []]);
    await server.logged(({ operation, status }) => operation === 'AbortMultipartUpload' && status === 204);
    await page.reload();
    await page.getByRole('button', { name: 'Choose files' }).waitFor();
    expect(await page.locator('sluice-uploader li', { hasText: /holiday|party/ }).count()).toBe(0);
  });

  test('lives on when it is moved in the page, and stops when it is taken out', async () => {
    await busyList();
    await page.evaluate(() => document.body.append(document.querySelector('sluice-uploader') as Node));
    await item('clip.mp4').getByRole('button', { name: 'Resume clip.mp4' }).click();
    await inState('clip.mp4', 'uploading');
    const left = await page.evaluate(async () => {
      const element = document.querySelector('sluice-uploader');
      const { list, uploader } = element ?? {};
      element?.remove();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [list === undefined, element?.list === undefined, uploader?.tasks.length];
    });
    expect(left).toEqual([false, true, 0]);
  });
});
