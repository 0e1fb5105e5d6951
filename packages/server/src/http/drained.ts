import type { Writable } from 'node:stream';

/**
 * Waits until there is room for more, or the end. What it listened to it leaves: a long answer waits thousands of times.
 *
 * @param stallMs a reader that takes nothing for so long is cut off; default: he is waited for
 */
export function drained(target: Writable, stallMs?: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(stalled);
      target.off('drain', settle).off('close', settle);
      resolve();
    };
    const stalled = stallMs === undefined ? undefined : setTimeout(() => target.destroy(), stallMs);
    target.on('drain', settle).on('close', settle);
    if (target.destroyed) settle();
  });
}
