import type { UploadTask } from '../api.js';
import type { UploadProgress } from './progress-meter.js';

/**
 * The progress of a task as it comes: a reader that is slow sees the newest and misses what was between. Ends with the
 * upload, throws its error. Written out because engines of phones know no asynchronous generators.
 */
export function progressOf(task: Pick<UploadTask, 'done' | 'on' | 'progress'>): AsyncIterator<UploadProgress> {
  let fresh = false;
  let wake = () => {};
  let ended: Promise<void> | undefined;
  const stopListening = task.on('progress', () => {
    fresh = true;
    wake();
  });
  const finish = (outcome: Promise<void>) => {
    outcome.catch(() => {});
    ended = outcome;
    stopListening();
    wake();
  };
  task.done.then(
    () => finish(Promise.resolve()),
    (error: unknown) => finish(Promise.reject(error)),
  );
  return {
    async next() {
      while (!fresh && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (fresh) {
        fresh = false;
        return { done: false, value: task.progress };
      }
      await ended;
      return { done: true, value: undefined };
    },
    async return() {
      finish(Promise.resolve());
      return { done: true, value: undefined };
    },
  };
}
