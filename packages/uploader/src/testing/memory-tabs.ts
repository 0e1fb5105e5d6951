import { onAbort, throwIfAborted } from '../core/waiting.js';
import type { Tabs } from '../ports.js';

/** The tabs of one browser; each uploader of a test takes one of its own. */
export class MemoryTabs {
  readonly #held = new Map<string, (() => void)[]>();
  readonly #tabs: Map<string, Set<(message: unknown) => void>>[] = [];

  tab(): Tabs {
    const own = new Map<string, Set<(message: unknown) => void>>();
    this.#tabs.push(own);
    return {
      exclusive: async (name, signal, waiting, work) => {
        throwIfAborted(signal);
        const queue = this.#held.get(name);
        if (queue) {
          waiting();
          await new Promise<void>((resolve, reject) => {
            queue.push(resolve);
            onAbort(signal, () => {
              if (queue.includes(resolve)) queue.splice(queue.indexOf(resolve), 1);
              reject(new Error('stopped'));
            });
          });
        } else this.#held.set(name, []);
        try {
          return await work();
        } finally {
          const next = this.#held.get(name)?.shift();
          if (next) next();
          else this.#held.delete(name);
        }
      },
      settle: () => new Promise((resolve) => setImmediate(resolve)),
      tell: (name, message) => {
        for (const tab of this.#tabs) {
          if (tab === own) continue;
          for (const heard of tab.get(name) ?? []) queueMicrotask(() => heard(structuredClone(message)));
        }
      },
      listen: (name, heard) => {
        const set = own.get(name) ?? new Set();
        own.set(name, set);
        set.add(heard);
        return () => void set.delete(heard);
      },
    };
  }
}
