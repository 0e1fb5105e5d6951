/** Which file begins next. */
import { MIB } from './layout.js';

export interface Queued {
  readonly priority: number;
  /** Bytes; `undefined` when unknown: then it counts as big. */
  readonly size: number | undefined;
  start(): Promise<void>;
}

const SMALL = MIB;
const BIG_FILES = 3;
const LEAST_FILES = 8;
const MOST_FILES = 64;

/**
 * Small files at a time: twice what makes sense in flight, so that some are announced to the server while the bytes of others
 * go. @param maxParallel parts that make sense in flight
 */
export const smallFilesAtOnce = (maxParallel: number): number =>
  Math.min(Math.max(LEAST_FILES, 2 * maxParallel), MOST_FILES);

/**
 * Files begin in order of priority, then of arrival. By default three of them go at a time, and small ones (1 MiB) beside
 * them: they never wait for big ones.
 */
export class FileQueue<Item extends Queued> {
  readonly #limit: number | undefined;
  readonly #atOnce: number;
  readonly #waiting: Item[] = [];
  #due = false;
  #running = 0;
  #runningBig = 0;

  /**
   * @param limit files at a time, whatever their size
   * @param smallFiles without a limit: all files at a time
   */
  constructor(limit: number | undefined, smallFiles: number) {
    this.#limit = limit;
    this.#atOnce = limit ?? smallFiles;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    if (this.#due) return;
    this.#due = true;
    // In a microtask, so that the caller can listen to the first events; one for all that are added together.
    queueMicrotask(() => {
      this.#due = false;
      this.#pump();
    });
  }

  remove(item: Item): void {
    const at = this.#waiting.indexOf(item);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  #pump(): void {
    for (;;) {
      const item = this.#take();
      if (!item) return;
      const big = isBig(item);
      this.#running++;
      if (big) this.#runningBig++;
      void item.start().finally(() => {
        this.#running--;
        if (big) this.#runningBig--;
        this.#pump();
      });
    }
  }

  #take(): Item | undefined {
    if (this.#running >= this.#atOnce) return undefined;
    const bigToo = this.#limit !== undefined || this.#runningBig < BIG_FILES;
    let best = -1;
    for (let i = 0; i < this.#waiting.length; i++) {
      const item = this.#waiting[i] as Item;
      if (!bigToo && isBig(item)) continue;
      if (best < 0 || item.priority > (this.#waiting[best] as Item).priority) best = i;
    }
    return best < 0 ? undefined : this.#waiting.splice(best, 1)[0];
  }
}

const isBig = ({ size }: Queued): boolean => size === undefined || size > SMALL;
