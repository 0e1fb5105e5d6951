import { type BrowserContext, type CDPSession, chromium, devices, type Page } from 'playwright-core';
import { type Engine, type EngineOptions, type EnginePage, executable } from './driver.js';
import { traceMainThread } from './main-thread-trace.js';
import { newProfile } from './profile.js';

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** A cheap phone on 3G: a quarter of this processor, 300 ms, 1.6 Mbit/s each way. */
const PHONE = { device: 'Pixel 7', slowdown: 4, latency: 300, bytesPerSecond: 200_000 } as const;

/** Debian's Chromium over the DevTools protocol. */
export async function openChromium(options: EngineOptions): Promise<Engine> {
  const profile = await newProfile('chromium');
  const launch = {
    executablePath: executable('CHROMIUM', '/usr/bin/chromium'),
    headless: true,
    ...(options.keepsPages ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
    args: [
      ...ARGS,
      ...(options.hosts ? [`--host-resolver-rules=${options.hosts.map((host) => `MAP ${host} 127.0.0.1`)}`] : []),
    ],
  };
  const { defaultBrowserType: _, ...phone } = devices[PHONE.device] ?? {};
  const look = options.phone ? phone : {};
  // A context that is not the profile's own is what a private window is made of.
  const browser = options.privateMode ? await chromium.launch(launch) : undefined;
  const context = browser
    ? await browser.newContext(look)
    : await chromium.launchPersistentContext(profile.directory, { ...launch, ...look });
  return {
    name: 'chromium',
    version: `Chromium ${(browser ?? context.browser())?.version() ?? ''}`,
    newPage: () => newPage(context, options),
    async close() {
      await context.close();
      await browser?.close();
      await profile.remove();
    },
  };
}

async function newPage(context: BrowserContext, options: EngineOptions): Promise<EnginePage> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  if (options.phone) await slowDown(devtools);
  return {
    open: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    back: async () => void (await page.goBack()),
    evaluate: (expression) => page.evaluate(expression),
    setFiles: (selector, paths) => page.setInputFiles(selector, [...paths]),
    setOffline: (offline) => context.setOffline(offline),
    heap: () => heapOf(devtools),
    traceMainThread: () => traceMainThread(devtools),
    close: () => closePage(page),
  };
}

async function slowDown(devtools: CDPSession): Promise<void> {
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: PHONE.slowdown });
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: PHONE.latency,
    downloadThroughput: PHONE.bytesPerSecond,
    uploadThroughput: PHONE.bytesPerSecond,
  });
}

async function heapOf(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  return (await devtools.send('Runtime.getHeapUsage')).usedSize;
}

const closePage = (page: Page): Promise<void> => page.close();
