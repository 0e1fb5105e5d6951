/** The parts of an environment that are the same in every runtime. */
import type { Clock, Random } from '../ports.js';

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export const systemRandom: Random = () => Math.random();

/** Like an exception of a DOM event listener: it reaches the global handler and nobody else. */
export function reportGlobally(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
