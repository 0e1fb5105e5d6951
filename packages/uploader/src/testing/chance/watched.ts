import type { UploadResult, UploadState, UploadTask } from '../../api.js';
import { UploadError } from '../../core/upload-error.js';
import type { ChanceFile } from './files.js';
import type { Page } from './world.js';

/** States that may follow each other; see `UploadState` and the docs of the task. */
const FOLLOWS: Readonly<Record<UploadState, readonly UploadState[]>> = {
  queued: ['preparing', 'paused', 'canceled', 'success'],
  preparing: ['uploading', 'elsewhere', 'paused', 'success', 'failed', 'canceled'],
  uploading: ['offline', 'paused', 'success', 'failed', 'canceled'],
  offline: ['uploading', 'paused', 'success', 'failed', 'canceled'],
  elsewhere: ['preparing', 'paused', 'success', 'failed', 'canceled'],
  // A run may have come to its end when it was told to stop.
  paused: ['queued', 'success', 'canceled'],
  failed: ['queued', 'canceled'],
  success: [],
  canceled: [],
};

export const ENDED: ReadonlySet<UploadState> = new Set(['success', 'failed', 'canceled']);
export const RUNNING: ReadonlySet<UploadState> = new Set(['preparing', 'uploading', 'offline', 'elsewhere']);

/** One task, and what was seen of it. */
export class Watched {
  readonly task: UploadTask;
  readonly page: Page;
  readonly file: ChanceFile;
  readonly signal: AbortController | undefined;
  readonly #tell: (problem: string) => void;
  #state: UploadState;
  #settled: 'success' | UploadError | undefined;
  #successes = 0;
  result: UploadResult | undefined;
  /** Bytes that were acknowledged, and told so. */
  acknowledged = 0;
  /** Takes up one unfinished upload, and no other. */
  resumes = false;
  warnings: string[] = [];
  /** `cancel()` was called; `true` when it has come to its end. */
  canceled: { readonly abortUpload: boolean; ended: boolean } | undefined;

  constructor(
    task: UploadTask,
    page: Page,
    file: ChanceFile,
    signal: AbortController | undefined,
    tell: (problem: string) => void,
  ) {
    this.task = task;
    this.page = page;
    this.file = file;
    this.signal = signal;
    this.#tell = tell;
    this.#state = task.state;
    this.#follow();
    task.on('state', (state) => this.#became(state));
    task.on('success', () => {
      if (this.#successes++ > 0) tell('told of success twice');
    });
    task.on('partuploaded', ({ size }) => {
      this.acknowledged += size;
    });
    task.on('warning', ({ code }) => this.warnings.push(code));
    task.on('progress', (progress) => {
      const { loaded, total, fraction, bytesPerSecond, secondsLeft = 0, partsDone } = progress;
      const good =
        loaded >= 0 &&
        loaded <= total &&
        fraction >= 0 &&
        fraction <= 1 &&
        bytesPerSecond >= 0 &&
        Number.isFinite(bytesPerSecond) &&
        secondsLeft >= 0 &&
        partsDone >= 0;
      if (!good) tell(`impossible progress ${JSON.stringify(progress)}`);
      if (page.closed && !ENDED.has(task.state)) tell('progress after close');
    });
  }

  get error(): UploadError | undefined {
    return this.#settled instanceof UploadError ? this.#settled : undefined;
  }

  /** What its state promises of `done`. */
  check(): void {
    const { state } = this.task;
    if (state !== this.#state) this.#tell(`state ${state} was not told (${this.#state})`);
    if (!ENDED.has(state)) {
      if (this.#settled) this.#tell(`settled (${this.#settled}) in state ${state}`);
    } else if (!this.#settled) this.#tell(`state ${state}, and its promise is not settled`);
    else if ((state === 'success') !== (this.#settled === 'success')) {
      this.#tell(`state ${state}, and its promise tells ${this.#settled}`);
    }
  }

  #became(state: UploadState): void {
    if (!FOLLOWS[this.#state].includes(state)) this.#tell(`state ${state} after ${this.#state}`);
    if (this.#state === 'failed' && state === 'queued') this.#follow();
    this.#state = state;
  }

  #follow(): void {
    this.#settled = undefined;
    const { done } = this.task;
    done.then(
      (result) => {
        if (this.task.done !== done) return this.#tell('a former promise was resolved');
        this.result = result;
        this.#settled = 'success';
      },
      (error: unknown) => {
        if (!(error instanceof UploadError)) this.#tell(`rejected with ${error}`);
        if (this.task.done === done) this.#settled = error as UploadError;
      },
    );
  }
}
