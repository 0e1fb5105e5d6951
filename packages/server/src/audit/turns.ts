/** One at a time, in the order of asking. */
export class Turns {
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  async take(): Promise<void> {
    if (!this.#busy) this.#busy = true;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
