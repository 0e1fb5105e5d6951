import { Readable } from 'node:stream';

/** A stream that is written by hand and read by somebody else; it holds what one `write` gives it. */
export class Feed extends Readable {
  #wake: (() => void) | undefined;

  constructor() {
    super({ highWaterMark: 64 * 1024 });
  }

  /** Resolves when the reader has taken nearly all of it, and when the feed is destroyed. Not to be called twice at a time. */
  async write(chunks: readonly Buffer[]): Promise<void> {
    let room = true;
    for (const chunk of chunks) room = this.push(chunk);
    if (!room && !this.destroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(last?: Buffer): void {
    if (last !== undefined) this.push(last);
    this.push(null);
  }

  override _read(): void {
    this.#woken();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#woken();
    callback(error);
  }

  #woken(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}
