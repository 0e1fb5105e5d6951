/** What an upload costs the page: main thread and memory, with many files and with a big one. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { wrongArrivals } from '../support/engines/arrivals.js';
import type { EngineName, EnginePage } from '../support/engines/driver.js';
import { openHouse } from '../support/engines/house.js';
import type { ThreadCost } from '../support/engines/main-thread-trace.js';
import { openEngine } from '../support/engines/open-engine.js';
import { call, finished } from '../support/engines/page-calls.js';
import type { ThreadReport } from '../support/engines/thread-watch.js';
import { storedMedia } from '../support/stored.js';

const MIB = 1024 * 1024;
/** The screen is not held up longer than this, in milliseconds (https://w3c.github.io/longtasks/). */
const LONG_TASK = 50;
/** A busy machine takes 15 files a second; the tests end by themselves long after that. */
const manyFilesTimeout = (count: number): number => 180_000 + count * 200;
/** Heap that may be held beside the files themselves, whatever their number. */
const FLAT = 4 * MIB;

async function openPage(name: EngineName) {
  const house = await openHouse({ SLUICE_LOG_LEVEL: 'info' });
  onTestFinished(() => house.close());
  const engine = await openEngine(name);
  onTestFinished(() => engine.close());
  const page = await engine.newPage();
  await page.open(house.site.url);
  // Straight to the server: what is measured is the page, not the test's proxy.
  const options = { endpoint: house.server.api };
  return { house, engine, page, options };
}

/** @returns a function that tells what the main thread did meanwhile */
async function watch(page: EnginePage): Promise<() => Promise<ThreadReport & { cost: ThreadCost | undefined }>> {
  const stop = await page.traceMainThread?.();
  await call(page, 'watchThread');
  return async () => {
    const report = await call(page, 'threadReport');
    return { ...report, cost: await stop?.() };
  };
}

/** By processor time where the engine tells it: other programs of a busy machine are not the page's fault. */
function expectFree({ cost, frames }: { cost: ThreadCost | undefined; frames: number }): void {
  expect(frames).toBeGreaterThan(0);
  if (cost) {
    expect(cost.tasks).toBeGreaterThan(0);
    expect(cost.longest.filter((ms) => ms > LONG_TASK)).toEqual([]);
  }
}

/** Shows that what the tests below do not see would be seen. Chromium only. */
export function testThreadTrace(): void {
  test('a task that holds the main thread is noticed', async () => {
    const { page } = await openPage('chromium');
    const stop = await watch(page);
    const hold = 'for (const end = performance.now() + 500; performance.now() < end; );';
    await page.evaluate(`new Promise((done) => setTimeout(() => { ${hold} done(); }))`);
    // The browser tells of a long task a moment after its end.
    await sleep(500);
    const report = await stop();
    expect(report.cost?.longest[0]).toBeGreaterThan(LONG_TASK);
    expect(() => expectFree(report)).toThrow();
    expect(report.longTasks?.length).toBeGreaterThan(0);
  });
}

/** @param steps numbers of files after which memory is measured; the last one is all */
export function testManyFiles(name: EngineName, steps: readonly number[]): void {
  const count = steps.at(-1) as number;
  test(
    `${count} small files arrive, and the page stays free and small`,
    async () => {
      const { house, engine, page, options } = await openPage(name);
      await call(page, 'makeFiles', count);
      const made = await page.heap?.();
      const began = performance.now();
      let stop = await watch(page);
      await call(page, 'uploadMade', options);
      const held: number[] = [];
      for (const step of steps) {
        for (;;) {
          const { progress, failures } = await call(page, 'lookAtBatch');
          expect(failures).toEqual([]);
          if (progress.succeeded + progress.failed >= step) break;
          await sleep(100);
        }
        const report = await stop();
        const seconds = (performance.now() - began) / 1000;
        const heap = await page.heap?.();
        if (heap !== undefined && made !== undefined) held.push(heap - made);
        console.info(
          `${engine.version}: ${step} of ${count} files after ${seconds.toFixed(1)} s, ${(step / seconds).toFixed(0)} a second, ` +
            `heap +${held.at(-1)} bytes, ${JSON.stringify(report)}`,
        );
        expectFree(report);
        stop = await watch(page);
      }
      await stop();
      expect(await call(page, 'lookAtBatch')).toMatchObject({ succeeded: count, failures: [] });
      expect(await wrongArrivals(house.server, count)).toEqual([]);
      for (const bytes of held) expect(bytes).toBeLessThan(FLAT);
    },
    manyFilesTimeout(count),
  );
}

export function testBigFile(name: EngineName, size: number): void {
  test(`a file of ${size / MIB} MiB leaves the page free and small`, async () => {
    const { house, engine, page, options } = await openPage(name);
    const file = await house.sample('big.mp4', size);
    await page.setFiles('#file', [file.path]);
    const before = await page.heap?.();
    const stop = await watch(page);
    const began = performance.now();
    const seen = await finished(page, await call(page, 'upload', options), 1_200_000);
    const seconds = (performance.now() - began) / 1000;
    const report = await stop();
    const held = before === undefined ? undefined : ((await page.heap?.()) ?? 0) - before;
    console.info(
      `${engine.version}: ${size / MIB} MiB in ${seconds.toFixed(1)} s, ${(size / 1e6 / seconds).toFixed(0)} MB/s, ` +
        `${seen.parts.length} parts, heap +${held} bytes, ${JSON.stringify(report)}`,
    );
    expectFree(report);
    if (held !== undefined) expect(held).toBeLessThan(FLAT);
    expect(await storedMedia(house.server, seen.videoId)).toMatchObject({ size, sha256: file.sha256 });
  });
}
