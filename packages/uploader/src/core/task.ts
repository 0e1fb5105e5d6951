import type { UploadEvents, UploadResult, UploadState, UploadTask } from '../api.js';
import type { FileSource } from '../ports.js';
import { Emitter } from './emitter.js';
import type { Line } from './exchange.js';
import { fingerprint } from './fingerprint.js';
import { ProgressMeter, type UploadProgress } from './progress-meter.js';
import { Transfer } from './transfer.js';
import type { TransferContext, TransferListener } from './transfer-context.js';
import { asUploadError, localError, type UploadError } from './upload-error.js';
import { onAbort, throwIfAborted } from './waiting.js';

/** What a task needs of its uploader. */
export interface TaskHost {
  readonly line: Line;
  open(): Promise<FileSource>;
  context(
    source: FileSource,
    fingerprint: string,
    meter: ProgressMeter,
    listener: TransferListener,
    lifetime: AbortSignal,
  ): TransferContext;
  /** Puts the task into the queue. */
  enqueue(task: Task): void;
  dequeue(task: Task): void;
  /** One running task a file. @throws UploadError `AlreadyUploading` */
  claim(fingerprint: string, task: Task): void;
  release(task: Task): void;
  /** The task has ended for good. */
  forget(task: Task): void;
  report(error: unknown): void;
}

interface Outcome {
  readonly promise: Promise<UploadResult>;
  resolve(result: UploadResult): void;
  reject(error: UploadError): void;
}

const ENDED: ReadonlySet<UploadState> = new Set(['success', 'failed', 'canceled']);

/** The life of one upload: queued, run, paused, run again, ended. */
export class Task implements UploadTask {
  readonly #host: TaskHost;
  readonly #emitter: Emitter<UploadEvents>;
  readonly #meter: ProgressMeter;
  readonly #transfer = new Transfer();
  readonly #lifetime = new AbortController();
  #state: UploadState = 'queued';
  #outcome: Outcome = newOutcome();
  #run = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #known: { fingerprint: string; name: string; size: number; lastModified: number } | undefined;

  constructor(host: TaskHost, signal: AbortSignal | undefined) {
    this.#host = host;
    this.#emitter = new Emitter((error) => host.report(error));
    this.#meter = new ProgressMeter(host.line.env.clock, () => this.#emitter.emit('progress', this.progress));
    const stopListening = signal && onAbort(signal, () => void this.cancel());
    if (stopListening) onAbort(this.#lifetime.signal, stopListening);
  }

  get state(): UploadState {
    return this.#state;
  }
  get progress(): UploadProgress {
    return this.#meter.progress;
  }
  get videoId(): string | undefined {
    return this.#transfer.session?.videoId;
  }
  get imageId(): string | undefined {
    return this.#transfer.session?.imageId;
  }
  get target(): UploadTask['target'] {
    return this.#transfer.session?.target;
  }
  get done(): Promise<UploadResult> {
    return this.#outcome.promise;
  }

  on<Name extends keyof UploadEvents>(name: Name, listener: (event: UploadEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Something that concerns every task of the uploader; heard only while this one runs. */
  tell<Name extends 'credentials' | 'retry'>(name: Name, event: UploadEvents[Name]): void {
    if (this.#state === 'preparing' || this.#state === 'uploading') this.#emitter.emit(name, event);
  }

  pause(): void {
    if (ENDED.has(this.#state) || this.#state === 'paused') return;
    this.#host.dequeue(this);
    this.#become('paused');
    this.#run.abort();
  }

  resume(): void {
    if (this.#state === 'paused') this.#requeue();
  }

  retry(): void {
    if (this.#state !== 'failed') return;
    this.#outcome = newOutcome();
    this.#requeue();
  }

  async cancel({ abortUpload = true }: { readonly abortUpload?: boolean | undefined } = {}): Promise<void> {
    if (this.#state === 'success' || this.#state === 'canceled') return this.#running;
    this.#stop(localError('Canceled', 'The upload was canceled.'));
    await this.#running;
    if (abortUpload) await this.#abortUpload();
    this.#end();
  }

  /** The uploader closes: stopped for good, but what the server has can be taken up by another uploader. */
  close(): void {
    if (this.#state === 'success' || this.#state === 'canceled') return;
    this.#stop(localError('Closed', 'The uploader was closed.'));
    void this.#running.then(() => this.#end());
  }

  /** Called by the queue. Resolves when the task needs its slot no longer. */
  start(): Promise<void> {
    this.#run = new AbortController();
    const { signal } = this.#run;
    this.#become('preparing');
    // The run before this one may still be letting go of its requests.
    this.#running = this.#running.then(() => this.#once(signal));
    return this.#running;
  }

  async #once(signal: AbortSignal): Promise<void> {
    let source: FileSource | undefined;
    try {
      throwIfAborted(signal);
      source = await this.#host.open();
      const context = this.#context(source, await this.#identify(source, signal));
      const ready = () => this.#become('uploading');
      const result = await this.#transfer.run(context, ready, signal);
      this.#become('success');
      this.#outcome.resolve(result);
      this.#emitter.emit('success', result);
      this.#end();
    } catch (thrown) {
      if (!signal.aborted) this.#fail(asUploadError(thrown, 'FileUnreadable', 'The upload failed'));
    } finally {
      await source?.close?.().catch((error: unknown) => this.#host.report(error));
    }
  }

  async #identify(source: FileSource, signal: AbortSignal): Promise<string> {
    const { name, size, lastModified } = source;
    const known = this.#known;
    if (known && (known.size !== size || known.lastModified !== lastModified)) {
      this.#known = undefined;
      if (this.#transfer.session) {
        this.#transfer.forget();
        throw localError('FileChanged', 'The file changed since the upload began.');
      }
    }
    this.#known ??= {
      fingerprint: await fingerprint(source, this.#host.line.env.hasher),
      name,
      size,
      lastModified,
    };
    throwIfAborted(signal);
    this.#host.claim(this.#known.fingerprint, this);
    return this.#known.fingerprint;
  }

  #context(source: FileSource, print: string): TransferContext {
    const emit = this.#emitter;
    const listener: TransferListener = {
      partUploaded: (part) => emit.emit('partuploaded', part),
      retry: (retry) => emit.emit('retry', retry),
      credentials: (renewal) => emit.emit('credentials', renewal),
      warning: (error) => emit.emit('warning', error),
    };
    return this.#host.context(source, print, this.#meter, listener, this.#lifetime.signal);
  }

  async #abortUpload(): Promise<void> {
    const known = this.#known;
    if (!known || !this.#transfer.session) return;
    const unread: FileSource = {
      ...known,
      type: '',
      slice: () => Promise.reject(localError('Canceled', 'The upload was canceled.')),
      check: () => Promise.resolve(),
    };
    const context = this.#context(unread, known.fingerprint);
    try {
      await this.#transfer.abort(context, this.#lifetime.signal);
    } catch (error) {
      // The server removes unfinished uploads by itself after some days; the caller learns that this one is left.
      this.#emitter.emit('warning', asUploadError(error, 'NetworkError', 'The unfinished upload was not removed'));
    }
    await context.writer?.forget(known.fingerprint);
  }

  #requeue(): void {
    this.#become('queued');
    this.#host.enqueue(this);
  }

  #stop(error: UploadError): void {
    this.#host.dequeue(this);
    this.#become('canceled');
    this.#run.abort();
    this.#outcome.reject(error);
  }

  #fail(error: UploadError): void {
    this.#host.release(this);
    this.#become('failed');
    this.#outcome.reject(error);
    this.#emitter.emit('error', error);
  }

  #end(): void {
    this.#host.release(this);
    this.#host.forget(this);
    this.#lifetime.abort();
  }

  #become(state: UploadState): void {
    if (this.#state === state || this.#state === 'canceled') return;
    this.#state = state;
    this.#emitter.emit('state', state);
  }
}

function newOutcome(): Outcome {
  let settle: Omit<Outcome, 'promise'> | undefined;
  const promise = new Promise<UploadResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Who listens to events need not await: a failure is not an unhandled rejection.
  promise.catch(() => {});
  return { promise, ...(settle as unknown as Omit<Outcome, 'promise'>) };
}
