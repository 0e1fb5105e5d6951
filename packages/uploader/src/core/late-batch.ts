import type { BatchEvents, BatchProgress, BatchResult, UploadBatch, UploadTask } from '../api.js';

type Cancel = Parameters<UploadBatch['cancel']>[0];

const NOTHING: BatchProgress = { files: 0, succeeded: 0, failed: 0, loaded: 0, total: 0, bytesPerSecond: 0 };

/** A batch that is there at once, while the code that runs it is loaded: what is asked of it before that is done then. */
export class LateBatch implements UploadBatch {
  readonly done: Promise<BatchResult>;
  readonly #ready: Promise<void>;
  #batch: UploadBatch | undefined;
  #asked: ((batch: UploadBatch) => void)[] = [];

  /** @param begin makes the batch; it begins no earlier than a microtask later */
  constructor(begin: Promise<() => UploadBatch>) {
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
    let listening = true;
    let stop = () => {
      listening = false;
    };
    this.#ask((batch) => {
      if (listening) stop = batch.on(name, listener);
    });
    return () => stop();
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
