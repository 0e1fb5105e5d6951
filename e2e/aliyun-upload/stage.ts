/** Where scenarios are played: two servers, proxies in front of them, a web site with both SDKs, Chromium. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { generate } from 'selfsigned';
import { assumeUploadRole, callVod } from '../support/api.js';
import { type Browser, openBrowser, servePages } from '../support/browser.js';
import { repository, type ServerProcess, startServer } from '../support/server.js';
import { storedMedia } from '../support/stored.js';
import { type PassedRequest, startFaultProxy } from './fault-proxy.js';
import { FaultRules } from './fault-rules.js';
import type { FaultRule } from './page-types.js';
import { sampleBytes } from './sample-bytes.js';
import type { Scenario } from './scenarios.js';

export type Sdk = 'real' | 'ours';

export interface Stage {
  /** @returns what a page sees, line by line, and what the server has of it in the end */
  play(sdk: Sdk, name: string, scenario: Scenario): Promise<string[]>;
  close(): Promise<void>;
}

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
/** Seconds: shorter than the uploads of those scenarios. */
const SHORT_LIFE = 4;

export async function openStage(): Promise<Stage> {
  const rules = new Map<string, FaultRules>();
  const servers = new Map<string, ServerProcess>();
  const tls = await certificate();
  const decide = ({ origin, operation }: { origin: string; operation: string }) =>
    rules.get(origin)?.decide(operation) ?? [];
  const serverOf = (origin: string): ServerProcess => {
    const server = servers.get(origin);
    if (!server) throw new Error(`no server for ${origin}`);
    return server;
  };
  const vod = await startFaultProxy({ tls, decide, target: (origin) => serverOf(origin).apiPort });
  const oss = await startFaultProxy({ decide, target: (origin) => serverOf(origin).ossPort });
  const args = ['--oss-url', `http://oss.localhost:${oss.port}`];
  const short = { SLUICE_STS_MIN_DURATION: String(SHORT_LIFE), SLUICE_UPLOAD_AUTH_SECONDS: String(SHORT_LIFE) };
  const [long, brief] = await Promise.all([startServer({ args }), startServer({ args, env: short })]);
  const site = await servePages(await pages());
  const browser: Browser = await openBrowser(
    ['cn-shanghai', 'eu-central-1'].map((region) => `MAP vod.${region}.aliyuncs.com:443 127.0.0.1:${vod.port}`),
  );
  let runs = 0;

  async function play(sdk: Sdk, _name: string, scenario: Scenario): Promise<string[]> {
    const server = scenario.lives === 'short' ? brief : long;
    const url = new URL(`/${sdk}`, site.url);
    // An origin of its own: no storage, no cookie and no fault of another run.
    url.hostname = `${sdk}-${++runs}.localhost`;
    const own = new FaultRules();
    rules.set(url.origin, own);
    servers.set(url.origin, server);
    const page = await browser.newPage();
    const lines: string[] = [];
    try {
      await page.exposeFunction('faults', (given: readonly FaultRule[]) => own.set(given));
      await page.exposeFunction('backendToken', (policy?: string) =>
        assumeUploadRole(server, {
          ...(policy ? { Policy: policy } : {}),
          ...(server === brief ? { DurationSeconds: String(SHORT_LIFE) } : {}),
        }),
      );
      await page.exposeFunction('backendGrant', (request: GrantRequest) => grant(server, request));
      await page.exposeFunction('backendVideo', async (videoId: string) => {
        const { body } = await callVod(server, 'GetVideoInfo', { VideoId: videoId });
        const { Title, Description, Tags, CateId, UserData, CoverURL } = body.Video as Record<string, unknown>;
        return { Title, Description, Tags, CateId, UserData, CoverURL };
      });
      for (let step = 0; step < scenario.steps.length; step++) {
        await page.goto(url.href);
        if (step > 0) lines.push('— reload —');
        await page.evaluate(([name, at]) => window.play(name, at), [_name, step] as const);
        lines.push(...((await page.evaluate('trace.map((line) => line.text)')) as string[]));
        own.set([]);
      }
      const stored = (await page.evaluate('stored')) as { name: string; mediaId: string; size: number; seed: number }[];
      for (const { name, mediaId, size, seed } of stored) {
        const sha256 = createHash('sha256').update(sampleBytes(size, seed)).digest('hex');
        const found = await storedMedia(server, mediaId).catch(() => undefined);
        lines.push(`stored ${name}: ${found ? (found.sha256 === sha256 ? 'whole' : 'broken') : 'nothing'}`);
      }
    } finally {
      await page.close();
    }
    lines.push(...ledger([...vod.passed, ...oss.passed].filter(({ origin }) => origin === url.origin)));
    return lines;
  }

  return {
    play,
    async close() {
      await browser.close();
      await Promise.all([site.close(), vod.close(), oss.close(), long.stop(), brief.stop()]);
    },
  };
}

interface GrantRequest {
  readonly videoId?: string;
  readonly fileName: string;
  readonly image: boolean;
}

async function grant(server: ServerProcess, { videoId, fileName, image }: GrantRequest) {
  const { status, body } = videoId
    ? await callVod(server, 'RefreshUploadVideo', { VideoId: videoId })
    : image
      ? await callVod(server, 'CreateUploadImage', { ImageType: 'default', ImageExt: fileName.split('.').at(-1) ?? '' })
      : await callVod(server, 'CreateUploadVideo', { Title: 'Talk', FileName: fileName });
  if (status !== 200) throw new Error(`the back end was answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** What the server was asked, as far as it may not differ: media made, uploads begun, parts that went twice. */
function ledger(requests: readonly PassedRequest[]): string[] {
  const done = (operation: string) => requests.filter((r) => r.operation === operation && r.status === 200).length;
  const times = new Map<string, number>();
  for (const { operation, object, partNumber, status } of requests) {
    if (operation !== 'UploadPart' || status !== 200) continue;
    const part = `${object}#${partNumber}`;
    times.set(part, (times.get(part) ?? 0) + 1);
  }
  const twice = [...times.values()].filter((count) => count > 1).length;
  return [
    `videos created ${done('CreateUploadVideo')}, images created ${done('CreateUploadImage')}`,
    `uploads begun ${done('InitiateMultipartUpload')}, single puts ${done('PutObject')}`,
    `parts sent again: ${twice > 0 ? 'some' : 'none'}`,
  ];
}

/** Pages of the operator: one for each SDK, the same but for the scripts. */
async function pages(): Promise<Parameters<typeof servePages>[0]> {
  const oss = join(dirname(require.resolve('ali-oss/package.json')), 'dist', 'aliyun-oss-sdk.js');
  const vod = join(dirname(require.resolve('aliyun-upload-vod/package.json')), 'dist', 'aliyun-upload-vod.min.js');
  const ours = join(repository, 'packages', 'uploader', 'dist', 'aliyun-upload.global.js');
  const script = await build({
    entryPoints: [join(here, 'page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
  });
  const javascript = (body: Buffer | string) => ({ type: 'text/javascript', body });
  const page = (...scripts: string[]) => ({
    type: 'text/html',
    body: `<!doctype html><title>Operator's page</title>${scripts.map((s) => `<script src="${s}"></script>`).join('\n')}
      <script>telemetry = 0; AliyunUpload.__logTestCallback__ = () => { telemetry++; };</script>
      <script src="/page.js"></script>`,
  });
  return {
    '/real': page('/oss.js', '/name.js', '/vod.js'),
    '/ours': page('/ours.js'),
    '/oss.js': javascript(await readFile(oss)),
    '/name.js': javascript("window['ali-oss'] = window.OSS;"),
    '/vod.js': javascript(await readFile(vod)),
    '/ours.js': javascript(await readFile(ours)),
    '/page.js': javascript(script.outputFiles[0]?.text ?? ''),
  };
}

/** The SDK knows nothing but https. */
async function certificate(): Promise<{ cert: string; key: string }> {
  const made = await generate([{ name: 'commonName', value: 'vod' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  });
  return { cert: made.cert, key: made.private };
}
