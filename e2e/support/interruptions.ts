/** Uploads that are interrupted again and again, in Node and in Chromium, and what it cost in bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { requestToken } from './api.js';
import { openBrowser, servePages } from './browser.js';
import { type CountingProxy, type SentPart, startCountingProxy } from './counting-proxy.js';
import { writeSample } from './files.js';
import { freePort } from './free-port.js';
import { sentTwice } from './sent-twice.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './server.js';
import { storedMedia } from './stored.js';

const FILE_BYTES = 60_000_000;
/** Of the line: parts are under way for a while. */
const BYTES_PER_SECOND = 40_000_000;
/** At most so many bytes arrive between two interruptions. */
const APART_BYTES = 8_000_000;
const APART_MS = 1500;
const OUTAGE_MS = 250;
const QUIET_MS = 100;

/** What can happen to an upload. Each answers when it has happened. */
type Interrupt = () => Promise<void>;

/** An upload under way on some platform. */
interface Victim {
  readonly interruptions: Readonly<Record<string, Interrupt>>;
  /** Resolves with the media id. */
  readonly finished: Promise<string>;
}

interface Interruption {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

export interface Tally {
  readonly interruptions: number;
  readonly kinds: ReadonlyMap<string, number>;
  /** Bytes of the files. */
  readonly file: number;
  /** Bytes that arrived more than once. */
  readonly twice: number;
  /** Parts under way at the interruptions. */
  readonly inFlight: number;
}

export interface Range {
  readonly server: ServerProcess;
  readonly proxy: CountingProxy;
  readonly directory: string;
  close(): Promise<void>;
}

/** A server of its own behind a counting proxy. */
export async function openRange(): Promise<Range> {
  const port = await freePort();
  const [server, directory] = await Promise.all([
    startServer({ args: ['--oss-url', `http://oss.localhost:${port}`] }),
    temporaryDirectory(),
  ]);
  const proxy = await startCountingProxy(port, server.ossPort, BYTES_PER_SECOND);
  return {
    server,
    proxy,
    directory,
    async close() {
      await proxy.close();
      await server.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Repeatable chance. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Uploads file after file until `wanted` interruptions have happened, and checks each of them. */
async function interruptUploads(
  range: Range,
  wanted: number,
  seed: number,
  begin: (file: string) => Promise<Victim>,
): Promise<Tally> {
  const random = dice(seed);
  const happened: Interruption[] = [];
  let [files, twice, inFlight] = [0, 0, 0];
  while (happened.length < wanted) {
    const file = join(range.directory, `interrupted-${seed}-${files}.mp4`);
    const expected = await writeSample(file, FILE_BYTES, seed * 100 + files++);
    const before = range.proxy.parts.length;
    const victim = await begin(file);
    const own = await interruptOne(range, victim, wanted - happened.length, random);
    const videoId = await victim.finished;
    expect(await storedMedia(range.server, videoId)).toMatchObject({ size: FILE_BYTES, sha256: expected });
    const cost = check(range.proxy.parts.slice(before), own);
    happened.push(...own);
    twice += cost.twice;
    inFlight += cost.inFlight;
    await rm(file);
  }
  const kinds = new Map<string, number>();
  for (const { kind } of happened) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return { interruptions: happened.length, kinds, file: files * FILE_BYTES, twice, inFlight };
}

async function interruptOne({ proxy }: Range, victim: Victim, most: number, random: () => number) {
  const happened: Interruption[] = [];
  let over = false;
  const end = victim.finished.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  const kinds = Object.keys(victim.interruptions);
  while (happened.length < most) {
    const target = proxy.bytes() + random() * APART_BYTES;
    const until = performance.now() + APART_MS * (1 + random());
    while (!over && proxy.bytes() < target && performance.now() < until) await Promise.race([sleep(5), end]);
    if (over) break;
    const kind = kinds[Math.floor(random() * kinds.length)] as string;
    const from = proxy.now();
    await victim.interruptions[kind]?.();
    happened.push({ kind, from, to: proxy.now() });
  }
  return happened;
}

/**
 * What was stored is never sent again, and what came to nothing was under way when something happened, or (after an
 * expiry) was sent with the old credential.
 */
function check(parts: readonly SentPart[], happened: readonly Interruption[]): { twice: number; inFlight: number } {
  const { bytes, cut, storedAgain } = sentTwice(parts);
  expect(storedAgain.map(describePart)).toEqual([]);
  const underWay = (part: SentPart, { from, to }: Interruption) => part.begun <= to && part.ended > from;
  const widest = Math.max(...parts.map(({ begun }) => parts.filter((p) => p.begun <= begun && p.ended > begun).length));
  const refused = cut.filter(({ status }) => status === 403);
  const expiries = happened.filter(({ kind }) => kind === 'expiry').length;
  expect(refused.length).toBeLessThanOrEqual(expiries * widest);
  const unexplained = cut.filter(
    (part) => part.status !== 403 && !happened.some((interruption) => underWay(part, interruption)),
  );
  expect(unexplained.map(describePart)).toEqual([]);
  const lost = cut.reduce((sum, { arrived }) => sum + arrived, 0);
  expect(bytes).toBeLessThanOrEqual(lost);
  const inFlight = happened.reduce((sum, one) => sum + parts.filter((part) => underWay(part, one)).length, 0);
  return { twice: bytes, inFlight: inFlight + refused.length };
}

const describePart = ({ uploadId, number, size, arrived, status, begun, ended }: SentPart) =>
  `part ${number} of ${uploadId}: ${arrived} of ${size} bytes, ${status ?? 'cut'}, events ${begun} to ${ended}`;

/** What a process sent before it was killed may still lie in the sockets: it belongs to the time before. */
async function quiet(proxy: CountingProxy): Promise<void> {
  for (let seen = -1; seen !== proxy.now(); await sleep(QUIET_MS)) seen = proxy.now();
}

const outage = (proxy: CountingProxy) => async () => {
  proxy.offline(true);
  await sleep(OUTAGE_MS);
  proxy.offline(false);
};

/** The upload in a process of its own: killed and run again, paused, without a line, with an expired credential. */
export function interruptProcesses(range: Range, wanted: number, seed: number): Promise<Tally> {
  const program = fileURLToPath(new URL('upload-process.mjs', import.meta.url));
  const state = join(range.directory, 'state');
  return interruptUploads(range, wanted, seed, async (file) => {
    let settle: (videoId: string) => void = () => {};
    let fail: (error: Error) => void = () => {};
    const finished = new Promise<string>((resolve, reject) => {
      settle = resolve;
      fail = reject;
    });
    let child: ChildProcess;
    const run = () => {
      child = spawn(process.execPath, [program, file, range.server.api, state], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      child.on('message', (word: string | { videoId?: string; error?: string }) => {
        if (typeof word === 'string') return;
        if (word.videoId !== undefined) settle(word.videoId);
        else fail(new Error(word.error));
      });
    };
    const tell = async (word: string) => {
      if (!child.connected) return;
      child.send(word);
      await Promise.race([once(child, 'message'), once(child, 'exit')]);
    };
    run();
    return {
      finished,
      interruptions: {
        async kill() {
          if (child.exitCode !== null) return;
          child.kill('SIGKILL');
          await once(child, 'exit');
          await quiet(range.proxy);
          run();
        },
        async pause() {
          await tell('pause');
          await sleep(100);
          await tell('resume');
        },
        offline: outage(range.proxy),
        expiry: async () => range.proxy.expire(),
      },
    };
  });
}

const PAGE = '<!doctype html><title>Upload</title><input id="file" type="file"><script src="/page.js"></script>';
const SCRIPT = `
import { createUploader } from '@sluice/uploader/browser';
window.begin = (endpoint) => {
  const uploader = createUploader({ endpoint, retryCount: 30, retryDelay: 50, credentials: () => window.requestToken() });
  window.task = uploader.upload(document.querySelector('#file').files[0]);
  window.task.done.then(({ videoId }) => window.settle(videoId), (error) => window.fail(String(error)));
};`;

interface UploadWindow {
  begin(endpoint: string): void;
  task: { pause(): void; resume(): void };
}

/** The upload in a page: reloaded, paused, offline, with an expired credential. */
export async function interruptPages(range: Range, wanted: number, seed: number): Promise<Tally> {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: join(repository, 'e2e') },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['sluice-source'],
    write: false,
    logLevel: 'error',
  });
  const site = await servePages({
    '/': { type: 'text/html', body: PAGE },
    '/page.js': { type: 'text/javascript', body: outputFiles[0]?.text ?? '' },
  });
  const browser = await openBrowser();
  try {
    return await interruptUploads(range, wanted, seed, async (file) => {
      const page = await browser.newPage();
      return victimPage(range, page, `${site.url}/`, file);
    });
  } finally {
    await browser.close();
    await site.close();
  }
}

async function victimPage({ server, proxy }: Range, page: Page, url: string, file: string): Promise<Victim> {
  const ended = new Promise<string>((resolve, reject) => {
    void Promise.all([
      page.exposeFunction('settle', resolve),
      page.exposeFunction('fail', (text: string) => reject(new Error(text))),
    ]).catch(reject);
  });
  ended.catch(() => {});
  await page.exposeFunction('requestToken', () => requestToken(server));
  const open = async () => {
    await page.goto(url);
    await page.setInputFiles('#file', file);
    await page.evaluate((endpoint) => (window as unknown as UploadWindow).begin(endpoint), server.api);
  };
  await open();
  return {
    finished: ended.finally(() => page.close()),
    interruptions: {
      reload: open,
      async pause() {
        await page.evaluate(async () => {
          const { task } = window as unknown as UploadWindow;
          task.pause();
          await new Promise((done) => setTimeout(done, 100));
          task.resume();
        });
      },
      async offline() {
        await page.context().setOffline(true);
        await sleep(OUTAGE_MS);
        await page.context().setOffline(false);
      },
      outage: outage(proxy),
      expiry: async () => proxy.expire(),
    },
  };
}

/** One line for the log. */
export function describeTally(where: string, { interruptions, kinds, file, twice, inFlight }: Tally): string {
  const list = [...kinds].map(([kind, times]) => `${times} × ${kind}`).join(', ');
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  return (
    `${where}: ${interruptions} interruptions (${list}) of ${megabytes(file)} MB: ${inFlight} parts were under way, ` +
    `${megabytes(twice)} MB were sent twice (${((twice / file) * 100).toFixed(1)} %)`
  );
}
