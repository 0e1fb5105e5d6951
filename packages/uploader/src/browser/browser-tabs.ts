import { onAbort, throwIfAborted } from '../core/waiting.js';
import type { Tabs } from '../ports.js';

/** Longer than a message takes from tab to tab, in milliseconds. */
const SETTLE_MS = 60;

/**
 * How long a lock is waited for before it is asked for anew, in milliseconds. Chromium keeps a page that was left with its locks for
 * the way back, for minutes, and lets it go only for a request that comes after that.
 */
const ASK_AGAIN_MS = 5000;

/** Web Locks and BroadcastChannel. `undefined` where a page has them not, e.g. on plain http. */
export function browserTabs(): Tabs | undefined {
  const locks = globalThis.navigator?.locks;
  if (!locks || typeof BroadcastChannel !== 'function') return undefined;
  const channels = new Map<string, { channel: BroadcastChannel | MessagePort; users: number }>();
  const join = (name: string) => {
    const entry = channels.get(name) ?? { channel: openChannel(name), users: 0 };
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
      let asking = new AbortController();
      const stop = onAbort(signal, () => asking.abort());
      const held = (lock: Lock | null) => (lock ? begin() : undefined);
      const ask = async () => {
        asking = new AbortController();
        const again = setTimeout(() => asking.abort(), ASK_AGAIN_MS);
        try {
          await locks.request(name, { signal: asking.signal }, held);
        } catch (error) {
          if (signal.aborted || !asking.signal.aborted) throw error;
        } finally {
          clearTimeout(again);
        }
      };
      try {
        await locks.request(name, { ifAvailable: true }, held);
        if (!begun) waiting();
        while (!begun) await ask();
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
      const listener = (event: Event) => heard((event as MessageEvent).data);
      channel.addEventListener('message', listener);
      return () => {
        channel.removeEventListener('message', listener);
        leave(name);
      };
    },
  };
}

function openChannel(name: string): BroadcastChannel | MessagePort {
  try {
    return new BroadcastChannel(name);
  } catch {
    // Refused with all storage (Firefox, where cookies are blocked): there is nobody to hear.
    return new MessageChannel().port1;
  }
}

const noop = (): void => {};
