import type { Clock, Network } from '../ports.js';

const TICK_MS = 5000;
/** So much later come timers of a page that has been hidden for some minutes. */
const HIDDEN_MS = 60_000;

const hidden = (): boolean => globalThis.document?.hidden === true;

/** The connection as the browser tells it, and waking up from sleep, which no event tells: a timer that comes late does. */
export function browserNetwork(clock: Clock): Network | undefined {
  if (typeof globalThis.addEventListener !== 'function') return undefined;
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const run of [...listeners]) run();
  };
  let cancelTick = () => {};
  const tick = () => {
    const due = clock.now() + TICK_MS;
    const inFront = !hidden();
    cancelTick = clock.setTimeout(() => {
      if (clock.now() - due > TICK_MS + (inFront && !hidden() ? 0 : HIDDEN_MS)) tell();
      tick();
    }, TICK_MS);
  };
  const events = ['online', 'offline', 'pageshow'] as const;
  return {
    online: () => globalThis.navigator?.onLine !== false,
    onChange(run) {
      if (listeners.size === 0) {
        for (const name of events) globalThis.addEventListener(name, tell);
        tick();
      }
      listeners.add(run);
      return () => {
        if (!listeners.delete(run) || listeners.size > 0) return;
        for (const name of events) globalThis.removeEventListener(name, tell);
        cancelTick();
      };
    },
  };
}
