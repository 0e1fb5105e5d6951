import type { UploadResult } from '../api.js';
import type { Tabs } from '../ports.js';
import { onAbort } from './waiting.js';

/** One tab of a browser uploads a file; the others wait for its outcome. */
export class OneTab {
  readonly #tabs: Tabs;
  readonly #lifetime: AbortSignal;
  /** What another tab made of the same file. */
  #elsewhere: UploadResult | undefined;
  #hearing = false;

  /** @param lifetime of the task: another tab may also finish the file while the task is paused */
  constructor(tabs: Tabs, lifetime: AbortSignal) {
    this.#tabs = tabs;
    this.#lifetime = lifetime;
  }

  /**
   * @param waiting `true`: another tab has the file; `false`: it is this one's turn
   */
  async run(
    fingerprint: string,
    signal: AbortSignal,
    waiting: (elsewhere: boolean) => void,
    work: () => Promise<UploadResult>,
  ): Promise<UploadResult> {
    const tabs = this.#tabs;
    const name = `sluice.upload.${fingerprint}`;
    if (!this.#hearing) {
      this.#hearing = true;
      const stop = tabs.listen(name, (result) => {
        this.#elsewhere = result as UploadResult;
      });
      onAbort(this.#lifetime, stop);
    }
    let waited = false;
    const wait = () => {
      waited = true;
      waiting(true);
    };
    return tabs.exclusive(name, signal, wait, async () => {
      // What the other tab told may arrive a moment after its lock is free.
      if (waited) await tabs.settle();
      if (this.#elsewhere) return this.#elsewhere;
      if (waited) waiting(false);
      try {
        const result = await work();
        tabs.tell(name, result);
        return result;
      } catch (error) {
        // A page that is left and shown again has lost its lock (WebKit): another tab may have finished the same upload.
        if (!signal.aborted) await tabs.settle();
        if (this.#elsewhere) return this.#elsewhere;
        throw error;
      }
    });
  }
}
