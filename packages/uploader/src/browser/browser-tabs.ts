import { onAbort, throwIfAborted } from '../core/waiting.js';
import type { Tabs } from '../ports.js';

/** Longer than a message takes from tab to tab, in milliseconds. */
const SETTLE_MS = 60;

/** Web Locks and BroadcastChannel. `undefined` where a page has them not, e.g. on plain http. */
export function browserTabs(): Tabs | undefined {
  const locks = globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel !== 'function') return undefined;
  const channels = new Map<string, { channel: BroadcastChannel; users: number }>();
  const join = (name: string) => {
    const entry = channels.get(name) ?? { channel: new BroadcastChannel(name), users: 0 };
    channels.set(name, entry);
    entry.users++;
    return entry.channel;
  };
  const leave = (name: string) => {
    const entry = channels.get(name);
    if (!entry || --entry.users > 0) return;
    channels.delete(name);
    entry.channel.close();
  };
  return {
    async exclusive<T>(name: string, signal: AbortSignal, waiting: () => void, work: () => Promise<T>): Promise<T> {
      throwIfAborted(signal);
      let begun: Promise<T> | undefined;
      const begin = () => {
        begun = work();
        return begun.then(noop, noop);
      };
      // A signal of its own: the lock is asked for with it, and once it is held the work looks after itself.
      const asking = new AbortController();
      const stop = onAbort(signal, () => asking.abort());
      const held = (lock: Lock | null) => (lock ? begin() : undefined);
      try {
        await locks.request(name, { ifAvailable: true }, held);
        if (!begun) {
          waiting();
          await locks.request(name, { signal: asking.signal }, held);
        }
      } catch {
        // Refused: a page of an opaque origin has the locks and may not use them. It is alone then.
        throwIfAborted(signal);
        if (!begun) void begin();
      } finally {
        stop();
      }
      return begun as unknown as Promise<T>;
    },
    settle: () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS)),
    tell(name, message) {
      join(name).postMessage(message);
      // Closed at once it might not be delivered everywhere.
      setTimeout(() => leave(name), SETTLE_MS);
    },
    listen(name, heard) {
      const channel = join(name);
      const listener = (event: MessageEvent) => heard(event.data);
      channel.addEventListener('message', listener);
      return () => {
        channel.removeEventListener('message', listener);
        leave(name);
      };
    },
  };
}

const noop = (): void => {};
