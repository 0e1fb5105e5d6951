import { BasePlugin, type Body, type Meta, type Uppy, type UppyEventMap, type UppyFile } from '@uppy/core';
import type { Uploader, UploaderOptions, UploadOptions, UploadResult } from '../api.js';
import type { BrowserFile } from '../browser/browser-file.js';
import { createUploader } from '../browser/create-uploader.js';
import { defaultTitle } from '../core/sts-authority.js';
import { UploadError } from '../core/upload-error.js';
import type { UploadItem } from '../list/item.js';
import { UploadList } from '../list/upload-list.js';
import { localUploader, whyUnreadable } from './local-uploader.js';

/** `file.response.body` after a success: what the upload resolved with. */
export type SluiceBody = Body & Partial<UploadResult>;

/** Options of the plugin: an uploader, or the options of one that it makes and closes. */
export type SluiceUploadOptions<M extends Meta, B extends Body> = {
  /** Default `SluiceUpload`. */
  id?: string;
  /** Options of every upload, or a function that answers those of one. Default: title is the name in Uppy. */
  upload?: UploadOptions | ((file: UppyFile<M, B>) => UploadOptions);
} & (
  | {
      /** An uploader of your own; it stays open when the plugin goes. */
      uploader: Uploader<BrowserFile>;
    }
  | UploaderOptions<BrowserFile>
);

interface Running {
  readonly item: string;
  ended(): void;
}

/**
 * Uploads the local files of Uppy. Pause, resume, retry, cancel and removing files mid-way do what they say: a paused or
 * failed file goes on with the parts the server has, a removed one is removed from the server too.
 *
 * @example
 * new Uppy().use(SluiceUpload, { endpoint: 'https://vod.example.com', credentials: fetchToken });
 */
export class SluiceUpload<M extends Meta = Meta, B extends Body = SluiceBody> extends BasePlugin<
  SluiceUploadOptions<M, B>,
  M,
  B
> {
  readonly #own: Uploader<BrowserFile> | undefined;
  readonly #list: UploadList<UppyFile<M, B>>;
  /** By the id of the file in Uppy; failed ones stay, so that a retry goes on with them. */
  readonly #running = new Map<string, Running>();
  readonly #files = new Map<string, string>();
  readonly #stops: (() => void)[] = [];

  /** @throws UploadError `InvalidOption` */
  constructor(uppy: Uppy<M, B>, opts: SluiceUploadOptions<M, B>) {
    super(uppy, opts);
    this.id = opts.id ?? 'SluiceUpload';
    this.type = 'uploader';
    const {
      id: _id,
      upload: _upload,
      locale: _locale,
      ...rest
    } = opts as SluiceUploadOptions<M, B> & { locale?: unknown };
    this.#own = 'uploader' in rest ? undefined : createUploader(rest);
    const uploader = this.#own ?? (rest as { uploader: Uploader<BrowserFile> }).uploader;
    this.#list = new UploadList(localUploader<M, B>(uploader), {
      describe: ({ name, size, type }) => ({ name: name ?? '', size: size ?? 0, type }),
      upload: (file) => this.#options(file),
    });
  }

  override install(): void {
    this.#capable(true);
    this.uppy.addUploader(this.#upload);
    this.#listen();
  }

  override uninstall(): void {
    this.#capable(false);
    this.uppy.removeUploader(this.#upload);
    for (const stop of this.#stops.splice(0)) stop();
    for (const { ended } of this.#running.values()) ended();
    this.#list.close();
    this.#own?.close();
  }

  readonly #upload = async (fileIds: string[]): Promise<void> => {
    const files = this.uppy.getFilesByIds(fileIds).filter((file) => !file.error && !file.progress.uploadComplete);
    // Golden Retriever brings back files whose start was told before.
    const fresh = files.filter(({ progress, isRestored }) => !progress.uploadStarted || !isRestored);
    this.uppy.emit('upload-start', fresh);
    await Promise.all(files.map((file) => this.#one(file)));
  };

  /** Resolves when the file has ended in any way: Uppy learns of failures by the event. */
  #one(file: UppyFile<M, B>): Promise<void> {
    const failed = this.#running.get(file.id);
    const unreadable = whyUnreadable(file);
    if (unreadable) {
      this.uppy.emit('upload-error', file, unreadable);
      return Promise.resolve();
    }
    return new Promise((ended) => {
      if (failed) {
        this.#running.set(file.id, { ...failed, ended });
        this.#list.retry(failed.item);
      } else {
        const [item] = this.#list.add([file]).added as [string];
        this.#running.set(file.id, { item, ended });
        this.#files.set(item, file.id);
        this.#watch(item, file.id);
        if (file.isPaused) this.#list.pause(item);
      }
    });
  }

  #watch(item: string, fileId: string): void {
    const look = () => {
      const now = this.#list.get(item);
      if (now === undefined || now.state === 'success' || now.state === 'canceled') stop();
      // Not by Uppy: the uploader was closed, or a signal aborted.
      if (now?.state === 'canceled' && this.#running.has(fileId)) {
        this.#fail(now);
        this.#forget(fileId);
      }
      if (now?.state !== 'uploading') return;
      const file = this.uppy.getFile(fileId);
      this.uppy.emit('upload-progress', file, {
        uploadStarted: file.progress.uploadStarted ?? Date.now(),
        bytesUploaded: now.progress.loaded,
        bytesTotal: now.progress.total,
      });
    };
    const stop = this.#list.subscribeItem(item, look);
    look();
  }

  #listen(): void {
    const { uppy } = this;
    const list = this.#list;
    // Not `file-removed`: `clear()` of Uppy takes files away without it.
    const changed = (_before: unknown, { files }: { files: object }) => {
      for (const [id, { item }] of this.#running) {
        if (!(id in files)) {
          this.#forget(id);
          list.remove(item);
        }
      }
    };
    const paused = (file: UppyFile<M, B> | undefined, isPaused: boolean) => {
      const running = file && this.#running.get(file.id);
      if (!running) return;
      if (isPaused) list.pause(running.item);
      else list.resume(running.item);
    };
    const on = <Name extends keyof UppyEventMap<M, B>>(name: Name, listener: UppyEventMap<M, B>[Name]) => {
      uppy.on(name, listener);
      this.#stops.push(() => uppy.off(name, listener));
    };
    on('state-update', changed);
    on('upload-pause', paused);
    on('pause-all', () => list.pauseAll());
    on('resume-all', () => list.resumeAll());
    // These end with the list.
    list.on('success', (item) => this.#succeed(item));
    list.on('error', (item) => this.#fail(item));
  }

  #succeed(item: UploadItem): void {
    const fileId = this.#files.get(item.id) ?? '';
    const body = item.result as unknown as B;
    this.uppy.emit('upload-success', this.uppy.getFile(fileId), { status: 200, body, bytesUploaded: item.size });
    this.#forget(fileId);
    this.#list.remove(item.id);
  }

  #fail(item: UploadItem): void {
    const fileId = this.#files.get(item.id) ?? '';
    const error = item.error ?? new UploadError('Canceled', 'The upload was canceled.');
    const response = error.status === undefined ? undefined : { status: error.status };
    this.uppy.emit('upload-error', this.uppy.getFile(fileId), error, response);
    this.#running.get(fileId)?.ended();
  }

  #forget(fileId: string): void {
    const running = this.#running.get(fileId);
    if (!running) return;
    this.#running.delete(fileId);
    this.#files.delete(running.item);
    running.ended();
  }

  #options(file: UppyFile<M, B>): UploadOptions {
    const { upload } = this.opts;
    const { name, type } = file;
    // Names may be edited in Uppy; the type is what Uppy found out.
    const defaults = { fileName: name, title: defaultTitle(file.meta.name), ...(type && { contentType: type }) };
    return { ...defaults, ...(typeof upload === 'function' ? upload(file) : upload) };
  }

  /** Lets interfaces of Uppy offer to pause. */
  #capable(resumableUploads: boolean): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads, individualCancellation: true } });
  }
}
