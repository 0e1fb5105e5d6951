/** Waiting that can be interrupted. */
import type { Clock } from '../ports.js';
import { localError } from './upload-error.js';

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw localError('Canceled', 'The upload was stopped.');
}

/** Calls `run` once when `signal` aborts (or has); the answer stops listening. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  signal.addEventListener('abort', run, { once: true });
  return () => signal.removeEventListener('abort', run);
}

export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimeout(() => {
      stop();
      resolve();
    }, ms);
    const stop = onAbort(signal, () => {
      cancel();
      reject(localError('Canceled', 'The upload was stopped.'));
    });
  });
}

/** The outcome of `work`, unless `signal` aborts first; `work` itself goes on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(localError('Canceled', 'The upload was stopped.')));
    work.then(resolve, reject).finally(stop);
  });
}
