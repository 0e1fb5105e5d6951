import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { CommandRefused } from './command-refused.js';
import { askLocalServer } from './http/ask-local-server.js';
import type { ScrubReport } from './oss/scrub/scrub-report.js';
import type { ScrubOptions } from './oss/scrub/scrubber.js';
import type { ScrubLine } from './scrub-commands.js';

/**
 * Has the server that runs on a data directory scrub it.
 * @returns `undefined` when no server runs there
 * @throws {CommandRefused} when it does not, or breaks off; or the signal's reason
 */
export async function scrubRunning(
  data: string,
  { bytesPerSecond, signal, onProgress }: ScrubOptions,
): Promise<ScrubReport | undefined> {
  const query = Number.isFinite(bytesPerSecond) ? `?bytesPerSecond=${bytesPerSecond}` : '';
  try {
    const response = await askLocalServer(resolve(data), 'POST', `/scrub${query}`, signal);
    if (!response) return undefined;
    if (response.statusCode !== 200) throw new CommandRefused(`the server refused: ${(await text(response)).trim()}`);
    for await (const each of createInterface({ input: response })) {
      const line = JSON.parse(each) as ScrubLine;
      if (line.event === 'report') return line.report;
      if (line.event === 'failed') throw new CommandRefused(line.message);
      onProgress?.(line.tally);
    }
    throw new CommandRefused('the server went away before the scrub was done');
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof CommandRefused ? error : new CommandRefused(`the server cannot be asked: ${String(error)}`);
  }
}
