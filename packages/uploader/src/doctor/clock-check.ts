import type { HttpResponse } from '../ports.js';
import type { CheckContext } from './check-context.js';
import { exposes } from './cors.js';
import { fail, ok, skipped, type Verdict, warn } from './finding.js';

/** Below this nothing is wrong: a `Date` has whole seconds, and lines have latency. */
const FINE = 60_000;
/** What the services accept (ram-sts 4.4, oss 2.6). */
const WINDOW = 15 * 60_000;

/** How far the clock of this device is from that of the server, by the `Date` of its answer. */
export function clockVerdict<File>(
  { line, pieces, origin }: CheckContext<File>,
  answer: HttpResponse | undefined,
  server: string,
): Verdict {
  const hidden = origin !== undefined && answer !== undefined && !exposes(answer, 'date');
  if (answer?.header('date') === undefined || hidden) {
    return pieces.page || hidden
      ? warn(
          `The clock cannot be compared with that of ${server}, because its Date header is hidden from pages`,
          'expose the Date header (Access-Control-Expose-Headers), so that devices with a wrong clock can correct it',
        )
      : skipped(`The answers of ${server} have no Date header, so the clock cannot be compared.`);
  }
  const ms = line.env.clock.now() - line.serverClock.now();
  const off = Math.abs(ms);
  const detail = { offsetMs: Math.round(ms) };
  if (off < FINE) return ok(`The clock of this device agrees with that of ${server}.`, detail);
  return warn(
    `The clock of this device is ${spoken(off)} ${ms > 0 ? 'ahead of' : 'behind'} that of ${server}${
      off > WINDOW ? ', more than the 15 minutes that are accepted' : ''
    }; uploads correct for it`,
    'set the clock of this device, or that of the server',
    detail,
  );
}

/** A refusal that names the clock although it was corrected for as far as it could be seen. */
export const clockRefused = (server: string, code: string): Verdict =>
  fail(
    `${server} refuses the time of this device as more than 15 minutes off, and its own time cannot be read`,
    'set the clock of this device, and let the server expose its Date header (Access-Control-Expose-Headers)',
    { code },
  );

export function spoken(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const units: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = units.findIndex(([n]) => n > 0);
  const shown = first < 0 ? [[0, 's'] as const] : units.slice(first, first + 2).filter(([n]) => n > 0);
  return shown.map(([n, unit]) => `${n} ${unit}`).join(' ');
}
