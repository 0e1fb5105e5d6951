import type { ServerResponse } from 'node:http';
import { type LocalCall, type LocalCommand, refuse } from './http/local-control.js';
import type { ScrubTally } from './oss/scrub/scrub-pass.js';
import type { ScrubReport } from './oss/scrub/scrub-report.js';
import { ScrubBusy, type Scrubber } from './oss/scrub/scrubber.js';
import type { Clock } from './runtime.js';

/** One line of the answer to `POST /scrub`. */
export type ScrubLine =
  | { readonly event: 'progress'; readonly tally: ScrubTally }
  | { readonly event: 'report'; readonly report: ScrubReport }
  | { readonly event: 'failed'; readonly message: string };

const PROGRESS_MS = 500;
/** Bytes a second; nothing reads faster. */
const MAX_RATE = 1e12;

/** `sluice scrub` beside a running server. */
export function scrubCommands(scrubber: Pick<Scrubber, 'run' | 'status'>, clock: Clock): readonly LocalCommand[] {
  return [
    { method: 'GET', path: '/scrub', run: ({ response }) => status(scrubber, response) },
    { method: 'POST', path: '/scrub', action: 'operator:Scrub', run: (call) => scrub(scrubber, clock, call) },
  ];
}

async function status(scrubber: Pick<Scrubber, 'status'>, response: ServerResponse): Promise<void> {
  const { busy, state, report } = await scrubber.status();
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify({ busy, ...state, report })}\n`);
}

/** Lines of JSON while it runs; a client that goes away ends the pass. */
async function scrub(scrubber: Pick<Scrubber, 'run'>, clock: Clock, { query, response }: LocalCall): Promise<void> {
  const given = query.get('bytesPerSecond');
  const bytesPerSecond = given === null ? Number.POSITIVE_INFINITY : Number(given);
  if (!(bytesPerSecond > 0) || (given !== null && bytesPerSecond > MAX_RATE)) {
    return refuse(response, 400, 'bytesPerSecond must be a number above 0');
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort(new Error('the client left')));
  const line = (value: ScrubLine): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write(`${JSON.stringify(value)}\n`);
  };
  let toldAt = clock.now();
  const onProgress = (tally: Readonly<ScrubTally>): void => {
    const now = clock.now();
    if (Math.abs(now - toldAt) < PROGRESS_MS || response.writableNeedDrain) return;
    toldAt = now;
    line({ event: 'progress', tally: { ...tally } });
  };
  try {
    line({ event: 'report', report: await scrubber.run({ bytesPerSecond, signal: gone.signal, onProgress }) });
  } catch (error) {
    if (response.destroyed) return;
    if (error instanceof ScrubBusy) return refuse(response, 409, error.message);
    line({ event: 'failed', message: (error as Error).message });
  }
  response.end();
}
