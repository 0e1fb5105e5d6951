import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import type { ScrubTally } from '../oss/scrub/scrub-pass.js';
import { ScrubBusy, type Scrubber } from '../oss/scrub/scrubber.js';
import type { Clock, Log } from '../runtime.js';

/** Where commands on this machine reach the server that has the data directory. */
export const controlSocket = (data: string): string => join(data, 'control.sock');

/** Systems bound the path of a socket: 108 bytes with its end on Linux, 104 on others. */
export const MAX_SOCKET_PATH = 103;

export interface LocalControlParts {
  readonly data: string;
  readonly scrubber: Pick<Scrubber, 'run' | 'status'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** One line of the answer to `POST /scrub`. */
export type ScrubLine =
  | { readonly event: 'progress'; readonly tally: ScrubTally }
  | { readonly event: 'report'; readonly report: Awaited<ReturnType<Scrubber['run']>> }
  | { readonly event: 'failed'; readonly message: string };

const PROGRESS_MS = 500;
/** Bytes a second; nothing reads faster, so it stands for no limit. */
const MAX_RATE = 1e12;

/**
 * Commands for the running server, on a socket in its data directory: who may open it is who may write there, so it takes no
 * other credential, and no port is opened. HTTP, because everything here speaks it.
 */
export async function localControl(parts: LocalControlParts): Promise<{ stop(): Promise<void> }> {
  const path = controlSocket(parts.data);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    parts.log.warn(
      { path },
      'the path of the control socket is too long for the system; commands need a stopped server',
    );
    return { stop: async () => {} };
  }
  const server = createServer((req, res) => {
    answer(parts, req, res).catch((error: unknown) => {
      parts.log.error({ err: error }, 'a local command failed');
      res.destroy();
    });
  });
  // A killed server leaves it behind; whoever holds the database may take it away.
  await rm(path, { force: true });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ path }, resolve));
    await chmod(path, 0o600);
  } catch (error) {
    parts.log.warn({ err: error, path }, 'the control socket cannot be made; commands need a stopped server');
  }
  return {
    async stop() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await rm(path, { force: true });
    },
  };
}

async function answer(parts: LocalControlParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? '/', 'http://localhost');
  if (req.method === 'GET' && url.pathname === '/scrub') {
    const { busy, state, report } = await parts.scrubber.status();
    res.setHeader('content-type', 'application/json').end(`${JSON.stringify({ busy, ...state, report })}\n`);
    return;
  }
  if (req.method === 'POST' && url.pathname === '/scrub') return scrub(parts, url, res);
  res.writeHead(404, { 'content-type': 'text/plain' }).end('no such command\n');
}

/** Lines of JSON while it runs; a client that goes away ends the pass. */
async function scrub({ scrubber, clock }: LocalControlParts, url: URL, res: ServerResponse): Promise<void> {
  const rate = Number(url.searchParams.get('bytesPerSecond') ?? MAX_RATE);
  if (!(rate > 0 && rate <= MAX_RATE)) {
    res.writeHead(400, { 'content-type': 'text/plain' }).end('bytesPerSecond must be a number above 0\n');
    return;
  }
  const gone = new AbortController();
  res.on('close', () => gone.abort(new Error('the client left')));
  const line = (value: ScrubLine): void => {
    if (!res.headersSent) res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    res.write(`${JSON.stringify(value)}\n`);
  };
  let toldAt = clock.now();
  try {
    const report = await scrubber.run({
      bytesPerSecond: rate === MAX_RATE ? Number.POSITIVE_INFINITY : rate,
      signal: gone.signal,
      onProgress(tally) {
        const now = clock.now();
        if (Math.abs(now - toldAt) < PROGRESS_MS || res.writableNeedDrain) return;
        toldAt = now;
        line({ event: 'progress', tally: { ...tally } });
      },
    });
    line({ event: 'report', report });
  } catch (error) {
    if (res.destroyed) return;
    if (error instanceof ScrubBusy) res.writeHead(409, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    else line({ event: 'failed', message: (error as Error).message });
  }
  res.end();
}
