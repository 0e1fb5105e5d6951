/** One HTTP exchange with a stall watchdog, and the server's clock read off its answer. */
import { parseHttpDate } from '@sluice/wire';
import type { Environment, HttpRequest, HttpResponse } from '../ports.js';
import type { ServerClock } from './server-clock.js';
import { localError } from './upload-error.js';
import { onAbort, throwIfAborted } from './waiting.js';

export interface Line {
  readonly env: Environment;
  readonly serverClock: ServerClock;
  /** Milliseconds without any byte moving after which an exchange is given up. */
  readonly timeout: number;
}

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
  let cancel = () => {};
  const onActivity = () => {
    cancel();
    cancel = clock.setTimeout(() => {
      stalled = true;
      controller.abort();
    }, line.timeout);
  };
  onActivity();
  const sentAt = clock.now();
  try {
    const response = await http.send({ ...request, signal: controller.signal, onActivity });
    const date = parseHttpDate(response.header('date') ?? '');
    if (date !== undefined) line.serverClock.observe(date, sentAt, clock.now());
    return response;
  } catch (cause) {
    throwIfAborted(signal);
    const origin = request.url.replace(/[?#].*$/, '');
    if (stalled) throw localError('Timeout', `No byte moved for ${line.timeout} ms (${origin}).`, cause);
    throw localError('NetworkError', `No answer from ${origin}.`, cause);
  } finally {
    cancel();
    stopListening();
  }
}
