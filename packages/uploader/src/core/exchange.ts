/** One HTTP exchange with a stall watchdog, and the server's clock read off its answer. */
import { parseHttpDate } from '@sluice/wire';
import type { Environment, HttpRequest, HttpResponse } from '../ports.js';
import type { LinkControl } from './link-control.js';
import type { ServerClock } from './server-clock.js';
import { localError } from './upload-error.js';
import { onAbort, throwIfAborted } from './waiting.js';

export interface Line {
  readonly env: Environment;
  readonly serverClock: ServerClock;
  /** Milliseconds without any byte moving after which an exchange is given up. */
  readonly timeout: number;
  readonly link: LinkControl;
  /** Any server has answered: then a failure is one of the line, and worth more patience than a wrong address. */
  reached: boolean;
}

/** After a wake-up or a change of network, an exchange that has been silent this long (milliseconds) is taken for dead. */
const SILENT_MS = 3000;

/** @throws UploadError `NetworkError`, `Timeout`, or `Canceled` when `signal` aborted */
export async function exchange(
  line: Line,
  request: Omit<HttpRequest, 'signal' | 'onActivity'>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  throwIfAborted(signal);
  const { clock, http } = line.env;
  const controller = new AbortController();
  const stopListening = onAbort(signal, () => controller.abort());
  let stalled = false;
  let over = false;
  let cancel = () => {};
  let movedAt = 0;
  const stall = () => {
    stalled = true;
    controller.abort();
  };
  const onActivity = () => {
    // A connection that breaks may tell of its last bytes afterwards; nobody would cancel what it starts.
    if (over) return;
    cancel();
    movedAt = clock.now();
    cancel = clock.setTimeout(stall, line.timeout);
  };
  onActivity();
  const forget = line.env.network?.onChange(() => {
    if (clock.now() - movedAt >= SILENT_MS) stall();
  });
  const sentAt = clock.now();
  try {
    const response = await http.send({ ...request, signal: controller.signal, onActivity });
    const date = parseHttpDate(response.header('date') ?? '');
    line.reached = true;
    if (!request.onUploadProgress) line.link.roundTrip(clock.now() - sentAt);
    if (date !== undefined) line.serverClock.observe(date, sentAt, clock.now());
    return response;
  } catch (cause) {
    throwIfAborted(signal);
    const origin = request.url.replace(/[?#].*$/, '');
    if (stalled) throw localError('Timeout', `No byte moved for ${clock.now() - movedAt} ms (${origin}).`, cause);
    throw localError('NetworkError', `No answer from ${origin}.`, cause);
  } finally {
    over = true;
    cancel();
    forget?.();
    stopListening();
  }
}
