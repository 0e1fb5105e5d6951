import type { UnfinishedUpload, UploadOptions, UploadResult, UploadTask } from '../api.js';
import type { UploadProgress } from '../core/progress-meter.js';
import { asUploadError, type UploadError } from '../core/upload-error.js';
import { type ItemState, isBusy, isFinished, type Refusal, type UploadItem, type UploadTotals } from './item.js';
import { type FileFacts, refusalError, refusalOf, type UploadLimits } from './limits.js';
import { tell } from './listeners.js';
import { Tally } from './tally.js';
import { Ticker } from './ticker.js';
import type { ListUploader } from './uploader-port.js';

/** Options of {@link UploadList}. */
export interface UploadListOptions<File> extends UploadLimits {
  /** Files begin to upload when they are added, default `true`; else when `start()` is called. */
  readonly autostart?: boolean | undefined;
  /** Options of every upload, or a function that answers those of one. Asked at the file's turn. */
  readonly upload?: UploadOptions | ((file: File) => UploadOptions) | undefined;
  /**
   * Files handed to the uploader at a time, default 16; the others wait in the list and cost next to nothing. More than
   * the uploader has in flight, so that it always knows the next ones.
   */
  readonly ahead?: number | undefined;
  /** Needed for files that are not of the web. Default: what `File` and `Blob` tell. */
  readonly describe?: ((file: File) => FileFacts) | undefined;
}

/** What a list tells, by name of the event. */
export interface UploadListEvents {
  success: UploadItem;
  /** An upload failed. Tried again by `retry`. */
  error: UploadItem;
  /** A file was outside the limits. */
  refused: UploadItem;
}

/** The list at one moment. The same object until something changes. */
export interface UploadListSnapshot<File> {
  readonly list: UploadList<File>;
  /** The same array until an item comes or goes. */
  readonly ids: readonly string[];
  /** Made when it is read; unchanged items are the same objects as before. */
  readonly items: readonly UploadItem[];
  readonly totals: UploadTotals;
}

interface Row<File> {
  readonly id: string;
  name: string;
  size: number;
  state: ItemState;
  loaded: number;
  /** Let go of when the upload has ended. */
  file: File | undefined;
  task: UploadTask | undefined;
  detach: (() => void) | undefined;
  progress: UploadProgress | undefined;
  error: UploadError | undefined;
  refusal: Refusal | undefined;
  result: UploadResult | undefined;
  unfinished: UnfinishedUpload<File> | undefined;
  /** Taken up because name and size fit, not because somebody said so: the content has the last word. */
  guessed: boolean;
  view: UploadItem | undefined;
}

const keyOf = (name: string, size: number): string => `${size}/${name}`;

/**
 * Uploads as a list to show: items, sums, and what can be done about them. Needs no framework; React, Vue and the web
 * component are thin layers on it. Changes are told at most once a frame, moving bytes at most every 100 ms, and cost
 * the same for three files and for thirty thousand.
 *
 * @example
 * const list = new UploadList(createUploader({ endpoint, credentials }), { accept: 'video/*' });
 * list.subscribe(() => render(list.getSnapshot()));
 * list.add(input.files);
 */
export class UploadList<File = Blob> {
  readonly uploader: ListUploader<File>;
  #options: UploadListOptions<File>;
  readonly #rows = new Map<string, Row<File>>();
  readonly #waiting = new Set<Row<File>>();
  /** Handed to the uploader and neither paused nor ended. */
  readonly #active = new Set<Row<File>>();
  readonly #unfinished = new Map<string, Row<File>>();
  readonly #tally = new Tally();
  readonly #ticker = new Ticker(() => this.#publish());
  readonly #listeners = new Set<() => void>();
  readonly #itemListeners = new Map<string, Set<() => void>>();
  readonly #eventListeners = new Map<keyof UploadListEvents, Set<(item: UploadItem) => void>>();
  readonly #changed = new Set<Row<File>>();
  #moved = false;
  #open = false;
  #lastId = 0;
  #snapshot: UploadListSnapshot<File>;

  constructor(uploader: ListUploader<File>, options: UploadListOptions<File> = {}) {
    this.uploader = uploader;
    this.#options = options;
    for (const task of uploader.tasks) this.track(task);
    this.#moved = false;
    this.#snapshot = this.#newSnapshot([...this.#rows.keys()]);
  }

  get options(): UploadListOptions<File> {
    return this.#options;
  }
  /** Limits hold for files added from now on. */
  set options(options: UploadListOptions<File>) {
    this.#options = options;
    this.#feed();
  }

  /** Calls `listener` after changes, bundled; the answer stops it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): UploadListSnapshot<File> => this.#snapshot;

  /** As `subscribe`, for one item: a row of a long list is drawn again alone. */
  subscribeItem(id: string, listener: () => void): () => void {
    const set = this.#itemListeners.get(id) ?? new Set();
    this.#itemListeners.set(id, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#itemListeners.get(id) === set) this.#itemListeners.delete(id);
    };
  }

  /** The item as it is now; `undefined` when it was removed. */
  get(id: string): UploadItem | undefined {
    const row = this.#rows.get(id);
    return row && this.#view(row);
  }

  /** Told at once and for every item. Answers a function that stops listening. */
  on(name: keyof UploadListEvents, listener: (item: UploadItem) => void): () => void {
    const set = this.#eventListeners.get(name) ?? new Set();
    this.#eventListeners.set(name, set.add(listener));
    return () => {
      set.delete(listener);
    };
  }

  /**
   * Takes files. One that looks like an unfinished upload goes on with it. Those outside the limits become items of state
   * `refused`.
   * @returns ids of the items
   */
  add(files: Iterable<File> | ArrayLike<File>): {
    readonly added: readonly string[];
    readonly refused: readonly string[];
  } {
    const added: string[] = [];
    const refused: string[] = [];
    for (const file of Array.from(files)) {
      const facts = this.#describe(file);
      const refusal = refusalOf(facts, this.#options, this.#tally.taken);
      if (refusal) {
        const row = this.#newRow(facts.name, facts.size, 'refused');
        row.refusal = refusal;
        row.error = refusalError(refusal);
        refused.push(row.id);
        tell(this.#eventListeners.get('refused'), this.#view(row));
        continue;
      }
      const row = this.#unfinished.get(keyOf(facts.name, facts.size)) ?? this.#newRow(facts.name, facts.size, 'queued');
      row.file = file;
      row.guessed = row.unfinished !== undefined;
      this.#enqueue(row);
      added.push(row.id);
    }
    this.#feed();
    return { added, refused };
  }

  /** Shows an upload that was begun without the list. @returns the id of its item */
  track(task: UploadTask): string {
    const row = this.#newRow(task.fileName, task.progress.total, task.state);
    this.#attach(row, task);
    return row.id;
  }

  /**
   * Shows the uploads of earlier sessions that were not finished, as items of state `unfinished`: `resume` goes on with
   * one, `cancel` discards it. Rejects with {@link UploadError} when the uploader cannot tell.
   */
  async loadUnfinished(): Promise<void> {
    const found = (await this.uploader.unfinished?.()) ?? [];
    const known = new Set<string>();
    for (const row of this.#rows.values()) {
      const id = row.task?.videoId ?? row.result?.videoId ?? row.unfinished?.videoId;
      if (id !== undefined) known.add(id);
    }
    for (const unfinished of found) if (!known.has(unfinished.videoId)) this.#showUnfinished(unfinished);
  }

  /** Begins what waits, where `autostart` is `false`. */
  start(): void {
    this.#open = true;
    this.#feed();
  }

  pause(id: string): void {
    this.#with(id, (row) => this.#pause(row));
  }

  /**
   * Goes on after a pause, begins an item that waits for `start()`, or takes up an unfinished upload.
   * @param file needed where the item says `needsFile`; another content than before is refused with `FileChanged`
   * @returns `false` when the file has to be picked first
   */
  resume(id: string, file?: File): boolean {
    const row = this.#rows.get(id);
    if (row?.state === 'unfinished') {
      if (file === undefined && !row.unfinished?.reopenable) return false;
      row.file = file;
      row.guessed = false;
      this.#launch(row);
    } else if (row) this.#resume(row, true);
    return true;
  }

  /** Tries a failed item again; it goes on with what the server has. */
  retry(id: string): void {
    this.#with(id, (row) => this.#retry(row));
  }

  /** Stops an item for good and removes what the server has of it. An unfinished one is discarded and leaves the list. */
  async cancel(id: string): Promise<void> {
    const row = this.#rows.get(id);
    if (!row || isFinished(row.state)) return;
    if (row.task) return row.task.cancel();
    if (row.unfinished) return this.#discard(row, row.unfinished);
    this.#settle(row, 'canceled');
  }

  /** Takes an item off the list; one that has not ended is canceled. An unfinished upload is only not shown any more. */
  remove(id: string): void {
    this.#with(id, (row) => {
      if (row.state !== 'unfinished') void this.cancel(id);
      this.#drop(row);
    });
  }

  pauseAll(): void {
    // Those without a turn first: an active one that pauses gives its turn away.
    for (const row of [...this.#waiting, ...this.#active]) this.#pause(row);
  }

  resumeAll(): void {
    for (const row of this.#rows.values()) if (row.state === 'paused') this.#resume(row, false);
    this.#feed();
  }

  retryAll(): void {
    for (const row of this.#rows.values()) if (row.state === 'failed') this.#retry(row);
  }

  /** Takes what succeeded, was canceled or refused off the list. */
  clearFinished(): void {
    for (const row of [...this.#rows.values()]) if (isFinished(row.state)) this.#drop(row);
  }

  /** Stops listening to the uploads, which go on; the uploader stays open. */
  close(): void {
    this.#ticker.stop();
    for (const row of this.#rows.values()) row.detach?.();
    this.#listeners.clear();
    this.#itemListeners.clear();
    this.#eventListeners.clear();
  }

  #describe(file: File): FileFacts {
    if (this.#options.describe) return this.#options.describe(file);
    const { name, size, byteLength, type } = file as Partial<FileFacts> & { byteLength?: number };
    return { name: name ?? '', size: size ?? byteLength ?? 0, type: type ?? '' };
  }

  #newRow(name: string, size: number, state: ItemState): Row<File> {
    const row: Row<File> = {
      id: String(++this.#lastId),
      name,
      size,
      state,
      loaded: 0,
      file: undefined,
      task: undefined,
      detach: undefined,
      progress: undefined,
      error: undefined,
      refusal: undefined,
      result: undefined,
      unfinished: undefined,
      guessed: false,
      view: undefined,
    };
    this.#rows.set(row.id, row);
    this.#tally.add(row);
    this.#moved = true;
    this.#ticker.soon();
    return row;
  }

  #showUnfinished(unfinished: UnfinishedUpload<File>): Row<File> {
    const row = this.#newRow(unfinished.fileName, unfinished.size, 'unfinished');
    row.unfinished = unfinished;
    this.#tally.change(row, { loaded: unfinished.loaded });
    this.#unfinished.set(keyOf(row.name, row.size), row);
    return row;
  }

  #with(id: string, run: (row: Row<File>) => void): void {
    const row = this.#rows.get(id);
    if (row) run(row);
  }

  #enqueue(row: Row<File>): void {
    this.#unfinished.delete(keyOf(row.name, row.size));
    this.#waiting.add(row);
    this.#become(row, 'queued');
  }

  #feed(): void {
    const { ahead = 16, autostart = true } = this.#options;
    if (!autostart && !this.#open) return;
    for (const row of this.#waiting) {
      if (this.#active.size >= ahead) return;
      this.#launch(row);
    }
    this.#open = false;
  }

  #launch(row: Row<File>): void {
    this.#waiting.delete(row);
    if (row.unfinished) this.#unfinished.delete(keyOf(row.name, row.size));
    try {
      this.#attach(row, this.#begin(row));
    } catch (error) {
      this.#fail(row, asUploadError(error, 'FileUnreadable', 'The upload could not be begun'));
    }
  }

  #begin({ file, unfinished }: Row<File>): UploadTask {
    const { upload } = this.#options;
    const options = typeof upload === 'function' ? file && upload(file) : upload;
    return unfinished ? unfinished.resume(file, options) : this.uploader.upload(file as File, options);
  }

  #attach(row: Row<File>, task: UploadTask): void {
    row.task = task;
    const stops = [
      task.on('state', (state) => this.#follow(row, state)),
      task.on('progress', (progress) => this.#progress(row, progress)),
      task.on('success', (result) => {
        row.result = result;
        this.#tally.change(row, { size: result.size });
        this.#settle(row, 'success');
        tell(this.#eventListeners.get('success'), this.#view(row));
      }),
      task.on('error', (error) => this.#fail(row, error)),
    ];
    row.detach = () => {
      for (const stop of stops) stop();
    };
    this.#follow(row, task.state);
  }

  #follow(row: Row<File>, state: ItemState): void {
    row.name ||= row.task?.fileName ?? '';
    if (state === 'canceled') this.#settle(row, state);
    // What these two bring along comes with an event of its own.
    else if (state !== 'success' && state !== 'failed') this.#become(row, state);
  }

  #progress(row: Row<File>, progress: UploadProgress): void {
    row.progress = progress;
    const size = progress.total || row.size;
    this.#tally.change(row, { size, loaded: Math.min(progress.loaded, size) });
    this.#touch(row);
    this.#ticker.later();
  }

  #fail(row: Row<File>, error: UploadError): void {
    const { unfinished, guessed } = row;
    if (unfinished && error.code === 'FileChanged') {
      row.detach?.();
      row.task = undefined;
      this.#active.delete(row);
      if (guessed) {
        // Same name and size, but something else: it is a new file, and the old upload is still unfinished.
        row.unfinished = undefined;
        this.#enqueue(row);
        this.#showUnfinished(unfinished);
      } else {
        row.error = error;
        row.file = undefined;
        this.#unfinished.set(keyOf(row.name, row.size), row);
        this.#become(row, 'unfinished');
      }
      this.#feed();
      return;
    }
    row.error = error;
    this.#become(row, 'failed');
    tell(this.#eventListeners.get('error'), this.#view(row));
  }

  #pause(row: Row<File>): void {
    if (row.task) row.task.pause();
    else if (this.#waiting.delete(row)) this.#become(row, 'paused');
  }

  #resume(row: Row<File>, now: boolean): void {
    if (row.task) row.task.resume();
    else if (row.state === 'paused') this.#enqueue(row);
    if (now && this.#waiting.has(row) && this.#options.autostart === false) this.#launch(row);
    else if (now) this.#feed();
  }

  #retry(row: Row<File>): void {
    if (row.state !== 'failed') return;
    row.error = undefined;
    if (row.task) row.task.retry();
    else this.#enqueue(row);
    this.#feed();
  }

  async #discard(row: Row<File>, unfinished: UnfinishedUpload<File>): Promise<void> {
    try {
      await unfinished.discard();
      this.#drop(row);
    } catch (error) {
      row.error = asUploadError(error, 'NetworkError', 'The unfinished upload was not removed');
      this.#touch(row);
      this.#ticker.soon();
    }
  }

  /** Nothing is held of the file any more. */
  #settle(row: Row<File>, state: 'success' | 'canceled'): void {
    row.detach?.();
    row.detach = undefined;
    row.task = undefined;
    row.file = undefined;
    row.unfinished = undefined;
    row.error = undefined;
    if (state === 'success') this.#tally.change(row, { loaded: row.size });
    this.#become(row, state);
  }

  #become(row: Row<File>, state: ItemState): void {
    if (row.state !== state) this.#tally.change(row, { state });
    if (state !== 'failed' && state !== 'unfinished' && state !== 'refused') row.error = undefined;
    if (state !== 'queued') this.#waiting.delete(row);
    const full = this.#active.size;
    // What another tab uploads takes no turn here.
    if (row.task && isBusy(state) && state !== 'elsewhere') this.#active.add(row);
    else this.#active.delete(row);
    this.#touch(row);
    this.#ticker.soon();
    if (this.#active.size < full) this.#feed();
  }

  #drop(row: Row<File>): void {
    row.detach?.();
    if (!this.#rows.delete(row.id)) return;
    this.#tally.remove(row);
    this.#waiting.delete(row);
    this.#active.delete(row);
    this.#changed.delete(row);
    const key = keyOf(row.name, row.size);
    if (this.#unfinished.get(key) === row) this.#unfinished.delete(key);
    this.#moved = true;
    this.#ticker.soon();
    this.#feed();
  }

  #touch(row: Row<File>): void {
    row.view = undefined;
    if (this.#itemListeners.has(row.id)) this.#changed.add(row);
  }

  #view(row: Row<File>): UploadItem {
    const { id, name: fileName, size, state, error, refusal, result, task } = row;
    row.view ??= {
      id,
      fileName,
      size,
      state,
      progress: progressOf(row),
      error,
      refusal,
      result,
      task,
      needsFile: row.state === 'unfinished' && !row.unfinished?.reopenable,
    };
    return row.view;
  }

  #publish(): void {
    this.#snapshot = this.#newSnapshot(this.#moved ? [...this.#rows.keys()] : this.#snapshot.ids);
    this.#moved = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const { id } of changed) tell(this.#itemListeners.get(id), undefined);
    tell(this.#listeners, undefined);
  }

  #newSnapshot(ids: readonly string[]): UploadListSnapshot<File> {
    let speed = 0;
    for (const { state, progress } of this.#active) if (state === 'uploading') speed += progress?.bytesPerSecond ?? 0;
    let items: readonly UploadItem[] | undefined;
    const view = (): readonly UploadItem[] => ids.flatMap((id) => this.get(id) ?? []);
    return {
      list: this,
      ids,
      totals: this.#tally.totals(speed),
      get items() {
        items ??= view();
        return items;
      },
    };
  }
}

function progressOf({ state, size, loaded, progress }: Row<unknown>): UploadProgress {
  const moving = state === 'uploading';
  return {
    loaded,
    total: size,
    fraction: state === 'success' ? 1 : size > 0 ? loaded / size : 0,
    bytesPerSecond: moving ? (progress?.bytesPerSecond ?? 0) : 0,
    secondsLeft: moving ? progress?.secondsLeft : undefined,
    partsDone: progress?.partsDone ?? 0,
  };
}

const lists = new WeakMap<object, UploadList<never>>();

/** The one list of an uploader, made at the first call; `options` of later calls are not looked at. */
export function uploadListOf<File>(uploader: ListUploader<File>, options?: UploadListOptions<File>): UploadList<File> {
  const found = lists.get(uploader) as UploadList<File> | undefined;
  if (found) return found;
  const made = new UploadList(uploader, options);
  lists.set(uploader, made as unknown as UploadList<never>);
  return made;
}
