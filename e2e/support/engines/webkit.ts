import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.js';
import { type Engine, type EngineOptions, type EnginePage, executable } from './driver.js';
import { openForwardProxy } from './forward-proxy.js';
import { newProfile, type Profile } from './profile.js';
import { WebDriverSession } from './webdriver-session.js';

const START_TRIES = 100;
const TRY_EVERY_MS = 100;
const LIBRARIES = '/usr/lib';

/**
 * Debian's WebKitGTK: MiniBrowser under Xvfb, driven by WebKitWebDriver. Its automation sessions are always private ones
 * (kept in memory), so `privateMode` changes nothing.
 */
export async function openWebkit(options: EngineOptions): Promise<Engine> {
  if (options.phone) throw new Error('WebKit has no phone profile');
  const profile = await newProfile('webkit');
  const children: ChildProcess[] = [];
  // It maps no names itself, but asks a proxy.
  const proxy = options.hosts && (await openForwardProxy());
  const stop = async () => {
    await proxy?.close();
    for (const child of children.reverse()) await end(child);
    await profile.remove();
  };
  try {
    const display = await startDisplay(children);
    const driver = await startDriver(children, profile, display);
    const session = await WebDriverSession.open(driver, {
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
      ...(proxy ? { proxy: { proxyType: 'manual', httpProxy: proxy.address } } : {}),
    });
    let first: string | undefined = await session.firstWindow();
    return {
      name: 'webkit',
      version: `WebKitGTK ${session.browserVersion}`,
      async newPage() {
        const window = first ?? (await session.newWindow());
        first = undefined;
        return pageOf(session, window);
      },
      async close() {
        await session.close().catch(() => undefined);
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pageOf(session: WebDriverSession, window: string): EnginePage {
  return {
    open: async (url) => void (await session.open(window, url)),
    reload: async () => void (await session.reload(window)),
    back: async () => void (await session.back(window)),
    evaluate: (expression) => session.evaluate(window, expression),
    setFiles: async (selector, paths) => void (await session.setFiles(window, selector, paths)),
    // The session ends with its last window.
    close: async () => void (await session.open(window, 'about:blank')),
  };
}

/** @returns the name of a new display; Xvfb writes its number to a pipe as soon as it can be used */
async function startDisplay(children: ChildProcess[]): Promise<string> {
  const args = ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'];
  const child = spawn(executable('XVFB', '/usr/bin/Xvfb'), args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  children.push(child);
  const failed = once(child, 'error').then(([error]) => Promise.reject(error));
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`Xvfb ended with ${code}`)));
  ended.catch(() => undefined);
  failed.catch(() => undefined);
  const [number] = await Promise.race([once(child.stdio[3] as NodeJS.ReadableStream, 'data'), failed, ended]);
  return `:${String(number).trim()}`;
}

async function startDriver(children: ChildProcess[], profile: Profile, display: string): Promise<string> {
  const port = await freePort();
  const { directory } = profile;
  const child = spawn(executable('WEBKIT', '/usr/bin/WebKitWebDriver'), [`--port=${port}`, '--host=127.0.0.1'], {
    env: {
      ...process.env,
      DISPLAY: display,
      HOME: directory,
      XDG_RUNTIME_DIR: directory,
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      NO_AT_BRIDGE: '1',
      GSETTINGS_BACKEND: 'memory',
    },
    stdio: 'ignore',
  });
  children.push(child);
  const url = `http://127.0.0.1:${port}`;
  let failure: unknown;
  child.once('error', (error) => {
    failure = error;
  });
  for (let tries = 0; tries < START_TRIES && !failure && child.exitCode === null; tries++) {
    const status = await fetch(`${url}/status`).catch(() => undefined);
    if (status?.ok) return url;
    await sleep(TRY_EVERY_MS);
  }
  throw failure ?? new Error(`WebKitWebDriver did not start (exit code ${child.exitCode})`);
}

/** MiniBrowser lies beside the library, in the directory of the machine's architecture. */
function miniBrowser(): string {
  const given = process.env.MINIBROWSER;
  if (given) return given;
  for (const architecture of readdirSync(LIBRARIES)) {
    const directory = join(LIBRARIES, architecture);
    if (!architecture.includes('-linux-')) continue;
    for (const library of readdirSync(directory).filter((name) => name.startsWith('webkit2gtk-4'))) {
      const file = join(directory, library, 'MiniBrowser');
      if (existsSync(file)) return file;
    }
  }
  throw new Error('no MiniBrowser found: install webkit2gtk-driver or set MINIBROWSER to its path');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const slow = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await exited;
  clearTimeout(slow);
}
