import { onAbort, throwIfAborted } from '../../core/waiting.js';
import type { Clock, Tabs } from '../../ports.js';

interface Holder {
  readonly owner: object;
  go(): void;
}

/** The tabs of one browser. A tab that dies lets go of what it holds. */
export class ChanceLocks {
  readonly #queues = new Map<string, Holder[]>();
  readonly #heard = new Map<object, Map<string, Set<(message: unknown) => void>>>();

  /** Locks that are held or waited for. */
  get held(): number {
    return this.#queues.size;
  }

  listenersOf(owner: object): number {
    return [...(this.#heard.get(owner)?.values() ?? [])].reduce((sum, set) => sum + set.size, 0);
  }

  tabOf(owner: object, clock: Clock): Tabs {
    const own = new Map<string, Set<(message: unknown) => void>>();
    this.#heard.set(owner, own);
    return {
      exclusive: async (name, signal, waiting, work) => {
        throwIfAborted(signal);
        // As in browsers, to ask takes a moment.
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, 1));
        const holder = await this.#acquire(name, owner, signal, waiting);
        try {
          return await work();
        } finally {
          this.#leave(name, holder);
        }
      },
      settle: async () => {
        for (let i = 0; i < 10; i++) await Promise.resolve();
      },
      tell: (name, message) => {
        for (const [tab, names] of this.#heard) {
          if (tab === owner) continue;
          for (const heard of names.get(name) ?? []) queueMicrotask(() => heard(structuredClone(message)));
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

  drop(owner: object): void {
    this.#heard.delete(owner);
    for (const [name, queue] of [...this.#queues]) {
      for (const holder of queue.filter((one) => one.owner === owner)) this.#leave(name, holder);
    }
  }

  #acquire(name: string, owner: object, signal: AbortSignal, waiting: () => void): Promise<Holder> {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    return new Promise((resolve, reject) => {
      const holder = { owner, go: () => resolve(holder) };
      queue.push(holder);
      if (queue[0] === holder) return resolve(holder);
      const giveUp = (reason: unknown) => {
        if (queue[0] === holder) return;
        this.#leave(name, holder);
        reject(reason);
      };
      try {
        waiting();
        onAbort(signal, () => giveUp(new Error('stopped')));
      } catch (error) {
        giveUp(error);
      }
    });
  }

  #leave(name: string, holder: Holder): void {
    const queue = this.#queues.get(name);
    const at = queue?.indexOf(holder) ?? -1;
    if (!queue || at < 0) return;
    queue.splice(at, 1);
    if (queue.length === 0) this.#queues.delete(name);
    else if (at === 0) queue[0]?.go();
  }
}
