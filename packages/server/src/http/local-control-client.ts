import { request } from 'node:http';
import { relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { ScrubTally } from '../oss/scrub/scrub-pass.js';
import type { ScrubReport } from '../oss/scrub/scrub-report.js';
import { ScrubRefused } from '../scrub-stopped.js';
import { controlSocket, type ScrubLine } from './local-control.js';

export interface LocalScrub {
  readonly data: string;
  /** `Infinity` for no limit. */
  readonly bytesPerSecond: number;
  /** Ends the pass on the server too. */
  readonly signal: AbortSignal;
  readonly onProgress: (tally: ScrubTally) => void;
}

/**
 * Has the server that runs on a data directory scrub it.
 * @returns `undefined` when no server runs there
 * @throws {ScrubRefused} when it does not, or breaks off
 */
export async function askLocalServer({
  data,
  bytesPerSecond,
  signal,
  onProgress,
}: LocalScrub): Promise<ScrubReport | undefined> {
  const absolute = controlSocket(data);
  const near = relative(process.cwd(), absolute);
  const socketPath = near.length < absolute.length ? near : absolute;
  const query = Number.isFinite(bytesPerSecond) ? `?bytesPerSecond=${bytesPerSecond}` : '';
  const response = await new Promise<import('node:http').IncomingMessage | undefined>((resolve, reject) => {
    const req = request({ socketPath, method: 'POST', path: `/scrub${query}`, agent: false, signal }, resolve);
    req.on('error', (error: NodeJS.ErrnoException) => {
      if (['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'EINVAL'].includes(error.code ?? '')) resolve(undefined);
      else reject(signal.aborted ? signal.reason : new ScrubRefused(`the server cannot be asked: ${error.message}`));
    });
    req.end();
  });
  if (!response) return undefined;
  if (response.statusCode !== 200) {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    throw new ScrubRefused(`the server refused: ${Buffer.concat(chunks).toString().trim()}`);
  }
  try {
    for await (const text of createInterface({ input: response })) {
      const line = JSON.parse(text) as ScrubLine;
      if (line.event === 'report') return line.report;
      if (line.event === 'failed') throw new ScrubRefused(line.message);
      onProgress(line.tally);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  signal.throwIfAborted();
  throw new ScrubRefused('the server went away before the scrub was done');
}
