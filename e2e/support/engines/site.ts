/** The operator's own web site: a page with the built SDK, and a back end that hands out tokens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Upload</title>
<label>File <input id="file" type="file" multiple></label><script src="/page.js"></script>`;

/** The page under several content security policies, by path. */
const POLICIES = {
  '/': '',
  // With a service worker, see below.
  '/worked/': '',
  // Without an origin: it may store nothing and share nothing.
  '/sandboxed': 'sandbox allow-scripts',
  // Only its own script and its requests: no worker made of a text, no evaluation, no text that is parsed.
  '/strict':
    "default-src 'none'; script-src 'self'; connect-src 'self' http:; require-trusted-types-for 'script'; trusted-types 'none'",
} as const;

/** Takes every request of the pages below its path, and hands it on. */
const WORKER = `onactivate = (event) => event.waitUntil(clients.claim());
onfetch = (event) => event.respondWith(fetch(event.request));`;

export interface Site {
  readonly port: number;
  readonly url: string;
  /** Tokens handed out so far. */
  readonly tokens: number;
  /** The line between the page and this site's back end. */
  cut: boolean;
  close(): Promise<void>;
}

/** The page's script on the built packages, as an operator's bundler would make it. */
async function bundle(): Promise<Buffer> {
  const directory = dirname(fileURLToPath(import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [join(directory, 'upload-page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'error',
  });
  return Buffer.from((outputFiles[0] as { contents: Uint8Array }).contents);
}

/** @param api control plane whose built-in AppServer makes the tokens */
export async function openSite(api: () => string): Promise<Site> {
  const script = await bundle();
  let tokens = 0;
  let cut = false;
  const server = createServer(async (request, response) => {
    if (cut) return void request.socket.destroy();
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    if (path === '/token' && request.method === 'POST') {
      const answer = await fetch(`${api()}/token`, { method: 'POST' }).catch(() => undefined);
      if (answer?.ok) tokens++;
      response.writeHead(answer?.status ?? 502, {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'access-control-allow-origin': '*',
      });
      response.end(answer ? await answer.text() : '{}');
    } else if (path === '/page.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(script);
    else if (path === '/worked/worker.js') response.writeHead(200, { 'content-type': 'text/javascript' }).end(WORKER);
    else if (Object.hasOwn(POLICIES, path)) {
      const policy = POLICIES[path as keyof typeof POLICIES];
      response.writeHead(200, {
        'content-type': 'text/html',
        ...(policy ? { 'content-security-policy': policy } : {}),
      });
      response.end(PAGE);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get tokens() {
      return tokens;
    },
    get cut() {
      return cut;
    },
    set cut(value) {
      cut = value;
      if (value) server.closeAllConnections();
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
