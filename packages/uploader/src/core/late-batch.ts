import type { BatchEvents, BatchProgress, BatchResult, UploadBatch, UploadTask } from '../api.js';
import type { Emitter } from './emitter.js';

type Cancel = Parameters<UploadBatch['cancel']>[0];

const NOTHING: BatchProgress = { files: 0, succeeded: 0, failed: 0, loaded: 0, total: 0, bytesPerSecond: 0 };

/** A batch that is there at once, while the code that runs it is loaded: what is asked of it before that is done then. */
export class LateBatch implements UploadBatch {
  readonly done: Promise<BatchResult>;
  readonly #emitter: Emitter<BatchEvents>;
  readonly #ready: Promise<void>;
  #batch: UploadBatch | undefined;
  #asked: ((batch: UploadBatch) => void)[] = [];

  /**
   * @param emitter of the batch
   * @param begin makes the batch; it begins no earlier than a microtask later
   */
  constructor(emitter: Emitter<BatchEvents>, begin: Promise<() => UploadBatch>) {
    this.#emitter = emitter;
    this.done = begin.then((make) => {
      const batch = make();
      this.#batch = batch;
      for (const ask of this.#asked) ask(batch);
      return batch.done;
    });
    this.#ready = begin.then(
      () => {},
      () => {},
    );
    this.done.catch(() => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: a batch can be awaited
  readonly then: UploadBatch['then'] = (fulfilled, rejected) => this.done.then(fulfilled, rejected);

  get tasks(): readonly UploadTask[] {
    return this.#batch?.tasks ?? [];
  }

  get progress(): BatchProgress {
    return this.#batch?.progress ?? NOTHING;
  }

  on<Name extends keyof BatchEvents>(name: Name, listener: (event: BatchEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  pause(): void {
    this.#ask((batch) => batch.pause());
  }

  resume(): void {
    this.#ask((batch) => batch.resume());
  }

  async cancel(options?: Cancel): Promise<void> {
    let ended: Promise<void> | undefined;
    this.#ask((batch) => {
      ended = batch.cancel(options);
    });
    await this.#ready;
    await ended;
  }

  #ask(run: (batch: UploadBatch) => void): void {
    if (this.#batch) run(this.#batch);
    else this.#asked.push(run);
  }
}
