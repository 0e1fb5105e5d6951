import type { UploadEvents, UploadOptions, UploadResult, UploadState, UploadTask } from '../api.js';
import type { Checkpoint, FileSource, Tabs } from '../ports.js';
import { Emitter } from './emitter.js';
import type { Line } from './exchange.js';
import { type Identity, identify } from './fingerprint.js';
import type { OneTab } from './one-tab.js';
import type { progressOf } from './progress-iterator.js';
import { ProgressMeter, type UploadProgress } from './progress-meter.js';
import { Transfer } from './transfer.js';
import type { TransferContext, TransferListener } from './transfer-context.js';
import { asUploadError, explained, localError, type UploadError } from './upload-error.js';
import { isOffline, onAbort, throwIfAborted } from './waiting.js';

/** What one task is about. */
export interface Job {
  readonly meta: UploadOptions;
  /** Bytes, when they are known before the file is opened. */
  readonly size: number | undefined;
  /** The unfinished upload to take up, and no other. */
  readonly resume?: Checkpoint | undefined;
  open(): Promise<FileSource>;
  /** Uploads the cover, if there is one; answers its URL. */
  cover(warning: (error: UploadError) => void, signal: AbortSignal): Promise<string | undefined> | undefined;
  context(run: RunParts): TransferContext;
  /** The task has ended for good. */
  end(): void;
}

/** What a task gives to the context of its run. */
export interface RunParts {
  readonly source: FileSource;
  readonly identity: Identity | undefined;
  readonly meta: UploadOptions;
  readonly meter: ProgressMeter;
  readonly listener: TransferListener;
  readonly lifetime: AbortSignal;
  priority(): number;
}

/** What a task needs of its uploader. */
export interface TaskHost {
  readonly line: Line;
  readonly account: string;
  readonly oneTab?: ((tabs: Tabs, lifetime: AbortSignal) => OneTab) | undefined;
  readonly progressOf?: typeof progressOf | undefined;
  /** Puts the task into the queue. */
  enqueue(task: Task): void;
  dequeue(task: Task): void;
  /** One running task a file; waits for one that was canceled. @throws UploadError `AlreadyUploading`, `Canceled` */
  claim(fingerprint: string, task: Task, signal: AbortSignal): Promise<void>;
  release(task: Task): void;
  /** The task has ended for good. */
  forget(task: Task): void;
}

interface Outcome {
  readonly promise: Promise<UploadResult>;
  resolve(result: UploadResult): void;
  reject(error: UploadError): void;
}

/** Phones may lack the symbol; compiled loops then look for this name. */
const asyncIterator: typeof Symbol.asyncIterator = Symbol.asyncIterator ?? '@@asyncIterator';

const ENDED: ReadonlySet<UploadState> = new Set(['success', 'failed', 'canceled']);
const MOVING: ReadonlySet<UploadState> = new Set(['preparing', 'uploading', 'offline']);

/** The life of one upload: queued, run, paused, run again, ended. */
export class Task implements UploadTask {
  priority: number;
  readonly #host: TaskHost;
  readonly #job: Job;
  readonly #emitter: Emitter<UploadEvents>;
  readonly #meter: ProgressMeter;
  readonly #transfer = new Transfer();
  readonly #lifetime = new AbortController();
  #state: UploadState = 'queued';
  #outcome: Outcome = newOutcome();
  #run = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #known: Pick<FileSource, 'name' | 'size' | 'lastModified'> | undefined;
  #identity: Identity | undefined;
  #meta: UploadOptions;
  #result: UploadResult | undefined;
  readonly #oneTab: OneTab | undefined;

  constructor(host: TaskHost, job: Job) {
    this.#host = host;
    this.#job = job;
    this.#meta = job.meta;
    this.priority = job.meta.priority ?? 0;
    const { clock, reportError, tabs } = host.line.env;
    this.#oneTab = tabs && host.oneTab?.(tabs, this.#lifetime.signal);
    this.#emitter = new Emitter((error) => reportError(error));
    this.#meter = new ProgressMeter(clock, () => this.#emitter.emit('progress', this.progress));
    const { signal } = job.meta;
    const stopListening = signal && onAbort(signal, () => void this.cancel());
    if (stopListening) onAbort(this.#lifetime.signal, stopListening);
  }

  get state(): UploadState {
    return this.#state;
  }
  /** Resolves when nothing is under way any more; a canceled task still removes what it began. */
  get ended(): Promise<void> {
    return new Promise((resolve) => void onAbort(this.#lifetime.signal, resolve));
  }
  get size(): number | undefined {
    return this.#job.size;
  }
  get fileName(): string {
    return this.#known?.name ?? this.#job.meta.fileName ?? '';
  }
  get progress(): UploadProgress {
    return this.#meter.progress;
  }
  get videoId(): string | undefined {
    return this.#transfer.session?.videoId ?? this.#result?.videoId;
  }
  get imageId(): string | undefined {
    return this.#transfer.session?.imageId ?? this.#result?.imageId;
  }
  get target(): UploadTask['target'] {
    return this.#transfer.session?.target;
  }
  get done(): Promise<UploadResult> {
    return this.#outcome.promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: a task can be awaited
  readonly then: UploadTask['then'] = (fulfilled, rejected) => this.done.then(fulfilled, rejected);

  [asyncIterator](): AsyncIterator<UploadProgress> {
    return (this.#host.progressOf as typeof progressOf)(this);
  }

  on<Name extends keyof UploadEvents>(name: Name, listener: (event: UploadEvents[Name]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Something that concerns every task of the uploader; heard only while this one runs. */
  tell<Name extends 'credentials' | 'retry'>(name: Name, event: UploadEvents[Name]): void {
    if (MOVING.has(this.#state)) this.#emitter.emit(name, event);
  }

  /** The connection of the device came or went. */
  networkChanged(): void {
    const offline = isOffline(this.#host.line.env);
    if (offline && this.#state === 'uploading') this.#become('offline');
    else if (!offline && this.#state === 'offline') this.#become('uploading');
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
    // The run that was paused came to its end after all.
    if (ENDED.has(this.#state)) return this.#running;
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
      if (this.#result) return;
      source = await this.#job.open();
      await this.#identify(source, signal);
      const result = await this.#alone(source, signal);
      // Stopped while the record was removed: that was told already.
      if (this.#state === 'canceled') return;
      this.#result = result;
      this.#meter.finish(result.size);
      this.#become('success');
      this.#outcome.resolve(result);
      this.#emitter.emit('success', result);
      this.#end();
    } catch (thrown) {
      if (!signal.aborted) this.#fail(asUploadError(thrown, 'FileUnreadable', 'The upload failed'));
    } finally {
      await source?.close?.().catch((error: unknown) => this.#host.line.env.reportError(error));
    }
  }

  async #alone(source: FileSource, signal: AbortSignal): Promise<UploadResult> {
    const work = () => this.#transferred(source, signal);
    if (!this.#oneTab || !this.#identity) return work();
    return this.#oneTab.run(
      this.#identity.fingerprint,
      signal,
      (elsewhere) => {
        throwIfAborted(signal);
        if (elsewhere) this.#become('elsewhere');
        else if (this.#state === 'elsewhere') this.#become('preparing');
      },
      work,
    );
  }

  async #transferred(source: FileSource, signal: AbortSignal): Promise<UploadResult> {
    if (!this.#transfer.session) {
      const coverUrl = await this.#job.cover((error) => this.#emitter.emit('warning', error), signal);
      if (coverUrl) this.#meta = { ...this.#meta, coverUrl };
    }
    const ready = () => {
      // Paused while the last answer was read: nothing would go on in this state.
      throwIfAborted(signal);
      this.#become('uploading');
      this.networkChanged();
    };
    return this.#transfer.run(this.#context(source), ready, signal);
  }

  async #identify(source: FileSource, signal: AbortSignal): Promise<void> {
    const { name, size, lastModified } = source;
    const known = this.#known;
    this.#known = { name, size, lastModified };
    const begun = this.#transfer.session;
    if (begun && (known?.size !== size || known?.lastModified !== lastModified)) {
      this.#transfer.forget();
      throw localError('FileChanged', 'The file changed while it was uploaded.');
    }
    // Read again while nothing is begun: the file may not be what it was.
    this.#identity = (begun && this.#identity) ?? (await identify(source, this.#host.account));
    throwIfAborted(signal);
    if (this.#identity) await this.#host.claim(this.#identity.fingerprint, this, signal);
  }

  #context(source: FileSource): TransferContext {
    const emit = this.#emitter;
    const listener: TransferListener = {
      partUploaded: (part) => emit.emit('partuploaded', part),
      retry: (retry) => emit.emit('retry', retry),
      credentials: (renewal) => emit.emit('credentials', renewal),
      warning: (error) => emit.emit('warning', error),
    };
    const lifetime = this.#lifetime.signal;
    const priority = () => this.priority;
    return this.#job.context({
      source,
      identity: this.#identity,
      meta: this.#meta,
      meter: this.#meter,
      listener,
      lifetime,
      priority,
    });
  }

  async #abortUpload(): Promise<void> {
    const known = this.#known;
    if (!known || !this.#transfer.session) return;
    const unread = () => Promise.reject(localError('Canceled', 'The upload was canceled.'));
    const context = this.#context({ ...known, type: '', slice: unread, crc64: unread, check: () => Promise.resolve() });
    // Before the server knows, which may take until there is a connection: what was canceled does not come back with the page.
    if (this.#identity) await context.writer?.forget(this.#identity.fingerprint);
    try {
      await this.#transfer.abort(context, this.#lifetime.signal);
    } catch (error) {
      // The server removes unfinished uploads by itself after some days; the caller learns that this one is left.
      this.#emitter.emit('warning', asUploadError(error, 'NetworkError', 'The unfinished upload was not removed'));
    }
  }

  #requeue(): void {
    // First: a listener that hears of the state may pause it again.
    this.#host.enqueue(this);
    this.#become('queued');
  }

  #stop(error: UploadError): void {
    this.#host.dequeue(this);
    this.#become('canceled');
    this.#run.abort();
    this.#outcome.reject(this.#explained(error));
  }

  #fail(error: UploadError): void {
    // A listener that hears of the state may try again, and have a new one.
    const { reject } = this.#outcome;
    this.#host.release(this);
    this.#become('failed');
    reject(this.#explained(error));
    this.#emitter.emit('error', error);
  }

  #explained(error: UploadError): UploadError {
    return explained(error, this.#host.line.env.advice);
  }

  #end(): void {
    this.#host.release(this);
    this.#host.forget(this);
    this.#job.end();
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
