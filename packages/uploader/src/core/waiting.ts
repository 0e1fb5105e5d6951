/** Waiting that can be interrupted. */
import type { Clock, Environment } from '../ports.js';
import { localError } from './upload-error.js';

/** What ends who waits. */
export const stopped = () => localError('Canceled', 'The upload was stopped.');

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw stopped();
}

/** Who waits for a signal. One listener for all of them: Node warns of more than ten. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `run` once when `signal` aborts (or has); the answer stops listening. */
export function onAbort(signal: AbortSignal, run: () => void): () => void {
  if (signal.aborted) {
    run();
    return () => {};
  }
  const set = waiting.get(signal) ?? new Set();
  if (!waiting.has(signal)) {
    waiting.set(signal, set);
    signal.addEventListener('abort', () => [...set].map((each) => each()), { once: true });
  }
  const entry = () => run();
  set.add(entry);
  return () => void set.delete(entry);
}

/** Resolves when `start` calls back; rejects when `signal` aborts first. `start` answers how to give up. */
function until(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = start(() => {
      stop();
      resolve();
    });
    const stop = onAbort(signal, () => {
      giveUp();
      reject(stopped());
    });
  });
}

export const sleep = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  until(signal, (done) => clock.setTimeout(done, ms));

export const isOffline = ({ network }: Environment): boolean => network?.online() === false;

/** Platforms err: even one that says there is no connection is not believed for longer than this, in milliseconds. */
const LONGEST_OFFLINE = 30_000;

/** Until this device has a connection. Without {@link Environment.network} it always has. */
export async function whenOnline(env: Environment, signal: AbortSignal): Promise<void> {
  if (isOffline(env)) await rest(env, LONGEST_OFFLINE, signal);
}

/** The wait before the next try: cut short when the connection changes. */
export function rest(env: Environment, ms: number, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    const forget = env.network?.onChange(() => end());
    const cancel = env.clock.setTimeout(() => end(), ms);
    const giveUp = () => {
      cancel();
      forget?.();
    };
    const end = () => {
      giveUp();
      done();
    };
    return giveUp;
  });
}

/** The outcome of `work`, unless `signal` aborts first; `work` itself goes on. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onAbort(signal, () => reject(stopped()));
    work.then(resolve, reject).finally(stop);
  });
}

/**
 * Runs a function of the caller for `ms` at most; its signal aborts when they are over, or `signal` does.
 * @param what it is to give, for the message
 * @throws UploadError `Timeout`, `Canceled`
 */
export async function inTime<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
  what = 'credentials',
): Promise<T> {
  const controller = new AbortController();
  const stopListening = onAbort(signal, () => controller.abort());
  let late = false;
  const cancel = Number.isFinite(ms)
    ? clock.setTimeout(() => {
        late = true;
        controller.abort();
      }, ms)
    : () => {};
  try {
    return await unlessAborted(run(controller.signal), controller.signal);
  } catch (error) {
    throw late ? localError('Timeout', `No ${what} within ${ms} ms.`, error) : error;
  } finally {
    stopListening();
    cancel();
  }
}
