/**
 * Memory that threads share, in slabs of one size. It bounds what all bodies together have under way: who finds no slab free
 * waits for one, first come, first served. A slab is held while it is hashed and written, never while a sender is waited for.
 */
export class Slabs {
  readonly bytes: number;
  readonly memory: SharedArrayBuffer;
  /** Last in, first out: what is not needed is never touched, and takes no memory. */
  readonly #free: number[] = [];
  readonly #waiting: ((at: number) => void)[] = [];

  /** @param count of slabs @param bytes of each */
  constructor(count: number, bytes: number) {
    this.bytes = bytes;
    this.memory = new SharedArrayBuffer(count * bytes);
    for (let i = count - 1; i >= 0; i--) this.#free.push(i * bytes);
  }

  /** @returns where a slab begins; to be given back once */
  take(): number | Promise<number> {
    return this.#free.pop() ?? new Promise<number>((resolve) => this.#waiting.push(resolve));
  }

  give(at: number): void {
    const next = this.#waiting.shift();
    if (next) next(at);
    else this.#free.push(at);
  }
}
