import type { BatchEvents, BatchProgress, BatchResult, UploadBatch, UploadOptions, UploadTask } from '../api.js';
import type { Clock } from '../ports.js';
import type { Emitter } from './emitter.js';
import type { UploadError } from './upload-error.js';

const NOTICE_MS = 100;
const MAX_FAILURES = 1000;

export interface BatchHost<File> {
  readonly clock: Clock;
  readonly emitter: Emitter<BatchEvents>;
  /** Tasks made ahead of their turn. */
  readonly ahead: number;
  upload(file: File, options: UploadOptions): UploadTask;
}

/** Takes files from the iterable as places become free; of a file that has ended only its numbers are kept. */
export class Batch<File> implements UploadBatch {
  readonly done: Promise<BatchResult>;
  readonly #host: BatchHost<File>;
  readonly #emitter: Emitter<BatchEvents>;
  readonly #tasks = new Set<UploadTask>();
  readonly #running = new Set<UploadTask>();
  readonly #failures: { fileName: string; error: UploadError }[] = [];
  #files = 0;
  #succeeded = 0;
  #failed = 0;
  #ended = { loaded: 0, total: 0 };
  #paused = false;
  #canceled: { readonly abortUpload?: boolean | undefined } | undefined;
  #wake = () => {};
  #cancelNotice: (() => void) | undefined;

  constructor(
    host: BatchHost<File>,
    files: Iterable<File> | AsyncIterable<File>,
    options: UploadOptions | ((file: File) => UploadOptions) = {},
  ) {
    this.#host = host;
    this.#emitter = host.emitter;
    this.done = this.#run(files, typeof options === 'function' ? options : () => options);
    this.done.catch(() => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: a batch can be awaited
  readonly then: UploadBatch['then'] = (fulfilled, rejected) => this.done.then(fulfilled, rejected);

  get tasks(): readonly UploadTask[] {
    return [...this.#tasks];
  }

  get progress(): BatchProgress {
    let { loaded, total } = this.#ended;
    let bytesPerSecond = 0;
    for (const { progress } of this.#running) {
      loaded += progress.loaded;
      total += progress.total;
      bytesPerSecond += progress.bytesPerSecond;
    }
    return {
      files: this.#files,
      succeeded: this.#succeeded,
      failed: this.#failed,
      loaded,
      total,
      bytesPerSecond,
    };
  }

  on<Name extends keyof BatchEvents>(name: Name, listener: (event: BatchEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  pause(): void {
    this.#paused = true;
    for (const task of this.#running) task.pause();
  }

  resume(): void {
    this.#paused = false;
    for (const task of this.#running) task.resume();
    this.#wake();
  }

  async cancel(options: { readonly abortUpload?: boolean | undefined } = {}): Promise<void> {
    this.#canceled = options;
    this.#wake();
    await Promise.all([...this.#tasks].map((task) => task.cancel(options)));
  }

  async #run(
    files: Iterable<File> | AsyncIterable<File>,
    optionsOf: (file: File) => UploadOptions,
  ): Promise<BatchResult> {
    // So that the caller can listen before the first file begins.
    await Promise.resolve();
    const iterator =
      Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : (files as Iterable<File>)[Symbol.iterator]();
    try {
      for (;;) {
        await this.#room();
        if (this.#canceled) break;
        const next = await iterator.next();
        if (next.done) break;
        // An iterable may think for long: what was asked meanwhile holds for this file too.
        await this.#room();
        if (this.#canceled) break;
        this.#begin(next.value, optionsOf(next.value));
      }
      while (this.#running.size > 0) await this.#turn();
    } finally {
      if (this.#canceled) await iterator.return?.();
      this.#cancelNotice?.();
    }
    this.#emitter.emit('progress', this.progress);
    return { succeeded: this.#succeeded, failed: this.#failed, failures: this.#failures };
  }

  async #room(): Promise<void> {
    while (!this.#canceled && (this.#paused || this.#running.size >= this.#host.ahead)) await this.#turn();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #begin(file: File, options: UploadOptions): void {
    const task = this.#host.upload(file, options);
    this.#files++;
    this.#tasks.add(task);
    this.#follow(task);
    task.on('progress', () => this.#notice());
    // A failed file that is tried again counts again.
    task.on('state', (state) => {
      if (state !== 'queued' || this.#running.has(task)) return;
      this.#failed--;
      const at = this.#failures.findIndex(({ fileName }) => fileName === task.fileName);
      if (at >= 0) this.#failures.splice(at, 1);
      this.#follow(task);
    });
    this.#emitter.emit('task', task);
  }

  #follow(task: UploadTask): void {
    this.#running.add(task);
    task.done.then(
      (result) => {
        this.#succeeded++;
        this.#ended.loaded += result.size;
        this.#ended.total += result.size;
        this.#tasks.delete(task);
        this.#settle(task);
        this.#emitter.emit('success', result);
      },
      (error: UploadError) => {
        this.#failed++;
        if (this.#failures.length < MAX_FAILURES) this.#failures.push({ fileName: task.fileName, error });
        if (task.state === 'canceled' || this.#tasks.size > MAX_FAILURES) {
          this.#tasks.delete(task);
          // Nor does the uploader hold it any more; what the server has can be taken up again.
          void task.cancel({ abortUpload: false });
        }
        this.#settle(task);
        this.#emitter.emit('error', error);
      },
    );
  }

  #settle(task: UploadTask): void {
    this.#running.delete(task);
    this.#notice();
    this.#wake();
  }

  #notice(): void {
    this.#cancelNotice ??= this.#host.clock.setTimeout(() => {
      this.#cancelNotice = undefined;
      this.#emitter.emit('progress', this.progress);
    }, NOTICE_MS);
  }
}
