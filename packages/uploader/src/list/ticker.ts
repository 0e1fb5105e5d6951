const PROGRESS_MS = 100;
const FRAME_MS = 16;

/**
 * Bundles changes into one call: by the next frame when something came, went or changed its state, by the next tenth of
 * a second when only bytes moved.
 */
export class Ticker {
  readonly #run: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #frame: number | undefined;
  #hurried = false;

  constructor(run: () => void) {
    this.#run = run;
  }

  later(): void {
    this.#timer ??= setTimeout(this.#fire, PROGRESS_MS);
  }

  soon(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    if (typeof requestAnimationFrame === 'function') {
      this.#frame = requestAnimationFrame(this.#fire);
      // Pages in the background get no frames.
      this.later();
    } else {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.#fire, FRAME_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#timer = undefined;
    this.#frame = undefined;
    this.#hurried = false;
  }

  readonly #fire = (): void => {
    this.stop();
    this.#run();
  };
}
