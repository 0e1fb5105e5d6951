/** What all bodies together may have gathered, bytes; some is added for what a source hands over at once. */
const GATHERED_BYTES = 12 * 1024 * 1024;
/** Above this, passing on less often gains nothing. */
const MOST = 1024 * 1024;
/** Below this the price of a write is what counts. */
const LEAST = 64 * 1024;

/** Shares memory among the bodies that come in: a few gather much, many gather little. */
export class IngestMemory {
  #bodies = 0;

  enter(): void {
    this.#bodies++;
  }

  leave(): void {
    this.#bodies--;
  }

  /** How much one body may gather now, bytes. While that is written it gathers as much again. */
  readonly share = (): number => Math.min(MOST, Math.max(LEAST, Math.floor(GATHERED_BYTES / this.#bodies / 2)));
}
