import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { CheckId, CheckReport } from '@sluice/uploader/doctor';
import { decodeUploadAddress, encodeUploadAddress } from '@sluice/wire';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { generate } from 'selfsigned';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { type FaultProxy, startFaultProxy } from './support/fault-proxy.js';
import { repository, type ServerProcess, startServer } from './support/server.js';

let server: ServerProcess;
let vod: FaultProxy;
let store: FaultProxy;
let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
/** The same pages over https, with a certificate that this browser takes. */
let secureSite: FaultProxy;
let page: Page;
let token: Record<string, string | number>;

beforeAll(async () => {
  vod = await startFaultProxy(() => ({ port: server.apiPort }));
  store = await startFaultProxy(() => ({ port: server.ossPort }));
  const bundle = await build({
    entryPoints: [join(repository, 'packages', 'uploader', 'src', 'doctor.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'doctor',
    conditions: ['sluice-source'],
    write: false,
  });
  const html = '<!doctype html><meta charset="utf-8"><script src="/doctor.js"></script>';
  const csp = `<meta http-equiv="Content-Security-Policy" content="connect-src 'self'">`;
  const js = bundle.outputFiles[0]?.text ?? '';
  site = await servePages({
    '/': { type: 'text/html', body: html },
    '/csp': { type: 'text/html', body: csp + html },
    '/doctor.js': { type: 'text/javascript', body: js },
  });
  const pair = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
  });
  secureSite = await startFaultProxy(() => ({ port: Number(new URL(site.url).port) }), {
    key: pair.private,
    cert: pair.cert,
  });
  [server, browser] = await Promise.all([
    startServer({ args: ['--oss-url', `http://oss.localhost:${store.port}`] }),
    openBrowser(['MAP oss.bare.test 127.0.0.1', 'MAP *.bare.test ~NOTFOUND', 'MAP *.example.test 127.0.0.1']),
  ]);
  token = { ...(await requestToken(server)), expiration: Date.now() + 3_600_000 };
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([site?.close(), secureSite?.close(), vod?.close(), store?.close(), server?.stop()]);
});
beforeEach(async () => {
  vod.faults = {};
  store.faults = { headers: uncached };
  await page.goto(site.url);
});

/** A browser keeps the answers of preflights; every test wants its own. */
function uncached(headers: Map<string, string>): void {
  if (headers.has('access-control-max-age')) headers.set('access-control-max-age', '0');
}

const check = (endpoint = `http://127.0.0.1:${vod.port}`): Promise<CheckReport> =>
  page.evaluate(
    ([endpoint, token]) => {
      const { checkUpload } = (globalThis as unknown as { doctor: typeof import('@sluice/uploader/doctor') }).doctor;
      return checkUpload({ endpoint, credentials: async () => token as never }, { probe: true, timeout: 5000 });
    },
    [endpoint, token] as const,
  );
const finding = (report: CheckReport, id: CheckId) => report.findings.find((one) => one.id === id);
const onlyFailure = (report: CheckReport): string => {
  const [first, ...others] = report.findings.filter(({ status }) => status === 'fail');
  expect(others.map(({ id }) => id)).toEqual([]);
  return `${first?.id}: ${first?.message}`;
};
const rewriteAddress = (to: string) => (body: string) =>
  body.replace(/"UploadAddress":"([^"]+)"/, (_whole, text: string) => {
    const address = decodeUploadAddress(text) ?? { Bucket: '', FileName: '' };
    return `"UploadAddress":"${encodeUploadAddress({ ...address, Endpoint: to })}"`;
  });
async function closedPort(): Promise<number> {
  const taken = createServer();
  await new Promise<void>((listening) => taken.listen(0, '127.0.0.1', listening));
  const { port } = taken.address() as AddressInfo;
  await new Promise((closed) => taken.close(closed));
  return port;
}

test('a page without faults passes every check', async () => {
  const report = await check();
  expect(report.findings.filter(({ status }) => status === 'fail' || status === 'warn')).toEqual([]);
  expect(finding(report, 'store-preflight')?.message).toBe('Preflights let the methods and headers of an upload pass.');
  expect(finding(report, 'expose-etag')?.message).toBe('Pages may read ETag.');
  expect(report.findings.filter(({ status }) => status === 'skipped').map(({ id }) => id)).toEqual([
    'vod-mixed-content',
    'grant-renewal',
    'store-mixed-content',
  ]);
});

describe('what a browser can tell of a silent server', () => {
  test('nothing answers', async () => {
    const port = await closedPort();
    expect(onlyFailure(await check(`http://127.0.0.1:${port}`))).toBe(
      `vod-reachable: The VOD service at 127.0.0.1:${port} does not answer, and a browser does not tell why (its name, its port): open http://127.0.0.1:${port} in a tab or run \`sluice doctor\` to see the reason.`,
    );
  });

  test('https where http is spoken', async () => {
    expect(onlyFailure(await check(`https://127.0.0.1:${vod.port}`))).toBe(
      `vod-reachable: 127.0.0.1:${vod.port} speaks http, not https: check \`endpoint\` and write http://127.0.0.1:${vod.port}.`,
    );
  });

  test('the policy of the page forbids it', async () => {
    await page.goto(`${site.url}/csp`);
    expect(onlyFailure(await check())).toBe(
      `vod-reachable: The Content-Security-Policy of this page forbids connections to 127.0.0.1:${vod.port}: add http://127.0.0.1:${vod.port} to its connect-src.`,
    );
  });

  test('the buckets of the store are not in the DNS', async () => {
    vod.faults.body = rewriteAddress(`http://oss.bare.test:${store.port}`);
    expect(onlyFailure(await check())).toBe(
      'store-reachable: oss.bare.test answers, but sluice-uploads.oss.bare.test does not: check that *.oss.bare.test is in the DNS.',
    );
  });
});

describe('an https page', () => {
  beforeEach(async () => {
    await page.goto(`https://localhost:${secureSite.port}/`);
  });

  test('may not call VOD over http', async () => {
    expect(onlyFailure(await check(`http://vod.example.test:${vod.port}`))).toBe(
      `vod-mixed-content: This page came over https, so its browser blocks plain http to vod.example.test:${vod.port} (mixed content): serve VOD over https and write https:// in \`endpoint\`.`,
    );
  });

  test('may not send to a store over http, but to loopback it may', async () => {
    vod.faults.body = rewriteAddress(`http://oss.example.test:${store.port}`);
    expect(onlyFailure(await check())).toBe(
      `store-mixed-content: This page came over https, so its browser blocks plain http to the store sluice-uploads.oss.example.test:${store.port} (mixed content): serve the store over https, and let VOD hand out its https address (Sluice: --tls-cert, or --oss-url).`,
    );
    vod.faults = {};
    expect((await check()).findings.filter(({ status }) => status === 'fail')).toEqual([]);
  });
});

describe('CORS', () => {
  const bucketHost = () => `sluice-uploads.oss.localhost:${store.port}`;

  test('missing on the VOD side', async () => {
    vod.faults.headers = (headers) => void headers.delete('access-control-allow-origin');
    expect(onlyFailure(await check())).toBe(
      `vod-cors: 127.0.0.1:${vod.port} answers, but pages of ${site.url} may not read it: Access-Control-Allow-Origin is missing or names another origin: let the VOD service, or the proxy before it, answer with Access-Control-Allow-Origin: ${site.url} or *, once.`,
    );
  });

  test('for another origin only', async () => {
    vod.faults.headers = (headers) => headers.set('access-control-allow-origin', 'https://other.example.com');
    expect(finding(await check(), 'vod-cors')?.status).toBe('fail');
  });

  test('the Date is hidden', async () => {
    vod.faults.headers = (headers) => void headers.delete('access-control-expose-headers');
    expect(finding(await check(), 'vod-clock')).toMatchObject({
      status: 'warn',
      advice:
        'expose the Date header (Access-Control-Expose-Headers), so that devices with a wrong clock can correct it',
    });
  });

  test('missing on the data plane', async () => {
    store.faults.headers = (headers) => void headers.delete('access-control-allow-origin');
    expect(onlyFailure(await check())).toBe(
      `store-cors: The store at ${bucketHost()} answers, but pages of ${site.url} may not read it: Access-Control-Allow-Origin is missing or names another origin: add ${site.url} to the CORS rules of the bucket, or let the proxy before the store send the header, once.`,
    );
  });

  test.each([
    ['expose-etag', 'ETag', 'fail', 'so no upload can be completed'],
    ['expose-crc64', 'x-oss-hash-crc64ecma', 'warn', 'so bytes that change on the way are not noticed'],
    ['expose-request-id', 'x-oss-request-id', 'warn', 'so errors cannot be found in the log of the store'],
  ] as const)('%s', async (id, header, status, consequence) => {
    store.faults.headers = (headers) => {
      uncached(headers);
      const names = (headers.get('access-control-expose-headers') ?? '').split(', ').filter((name) => name !== header);
      headers.set('access-control-expose-headers', names.join(', '));
    };
    expect(finding(await check(), id)).toMatchObject({
      status,
      message: `Pages may not read ${header} of the store's answers, ${consequence}: add ${header} to ExposeHeader (Access-Control-Expose-Headers) of its CORS rules.`,
    });
  });

  test('a preflight refuses a header and a method: they are named', async () => {
    store.faults.headers = (headers, { method }) => {
      uncached(headers);
      if (method !== 'OPTIONS') return;
      headers.set('access-control-allow-headers', 'authorization, content-type, x-oss-date, x-oss-content-sha256');
      headers.set('access-control-allow-methods', 'GET, PUT');
    };
    expect(onlyFailure(await check())).toBe(
      `store-preflight: Preflights of the store at ${bucketHost()} do not allow DELETE, x-oss-security-token: add DELETE, x-oss-security-token to AllowedMethod (Access-Control-Allow-Methods) and AllowedHeader (Access-Control-Allow-Headers) of its CORS rules.`,
    );
  });

  test('preflights are not answered at all', async () => {
    store.faults.answer = ({ method }) => (method === 'OPTIONS' ? { status: 403 } : undefined);
    expect(onlyFailure(await check())).toBe(
      `store-preflight: The store at ${bucketHost()} refuses preflights (every one of them): let the CORS rules of the bucket, or the proxy before it, answer OPTIONS with 2xx.`,
    );
  });
});
