import type { Line } from '../core/exchange.js';
import { localError } from '../core/upload-error.js';
import { onAbort, unlessAborted } from '../core/waiting.js';

/** Runs a function of the caller for as long as a call may take. @throws UploadError `Timeout`, `Canceled` */
export async function inTime<T>(
  { env, timeout }: Line,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = onAbort(signal, () => controller.abort());
  let late = false;
  const cancel = env.clock.setTimeout(() => {
    late = true;
    controller.abort();
  }, timeout);
  try {
    return await unlessAborted(run(controller.signal), controller.signal);
  } catch (error) {
    throw late ? localError('Timeout', `No answer within ${timeout} ms.`, error) : error;
  } finally {
    cancel();
    stop();
  }
}
