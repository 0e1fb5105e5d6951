/** The operator's page: what runs in the browser. Bundled with the built SDK by `site.ts`. */
import {
  type BatchProgress,
  type BatchResult,
  type BrowserFile,
  createUploader,
  type StsCredentials,
  type UploadBatch,
  UploadError,
  type Uploader,
  type UploaderOptions,
  type UploadProgress,
  type UploadState,
  type UploadTask,
} from '@sluice/uploader/browser';
import { smallFileBytes, smallFileName } from './small-files.js';
import { type ThreadReport, watchThread } from './thread-watch.js';

/** The options that are JSON. */
export type PageOptions = Pick<
  UploaderOptions,
  'endpoint' | 'partSize' | 'parallel' | 'parallelFiles' | 'retryCount' | 'retryDelay' | 'timeout'
>;

/** What is known of an upload, told in one piece. */
export interface Seen {
  readonly state: UploadState;
  readonly states: readonly UploadState[];
  readonly progress: UploadProgress;
  /** `[loaded, total]` of every progress event. */
  readonly loaded: readonly (readonly [number, number])[];
  /** Numbers of the parts acknowledged. */
  readonly parts: readonly number[];
  readonly retries: readonly { readonly scope: string; readonly code: string }[];
  /** Credentials got, by layer. */
  readonly credentials: readonly ('token' | 'upload')[];
  readonly warnings: readonly string[];
  readonly videoId: string | undefined;
  /** Media id of the outcome. */
  readonly result: string | undefined;
  readonly key: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

interface Watched {
  readonly task: UploadTask;
  readonly seen: { -readonly [Name in keyof Seen]: Seen[Name] };
}

const uploads: Watched[] = [];
let uploader: Uploader<BrowserFile> | undefined;
let batch: { readonly files: readonly File[]; readonly running: UploadBatch; result?: BatchResult } | undefined;
let thread: (() => ThreadReport) | undefined;

const uploaderWith = (options: PageOptions) => {
  uploader ??= createUploader({ ...options, credentials });
  return uploader;
};

async function credentials(): Promise<StsCredentials> {
  const answer = await fetch('/token', { method: 'POST' });
  if (!answer.ok) throw new Error(`/token answered ${answer.status}`);
  const token = (await answer.json()) as Record<string, string>;
  return {
    accessKeyId: token.AccessKeyId as string,
    accessKeySecret: token.AccessKeySecret as string,
    securityToken: token.SecurityToken as string,
    expiration: token.Expiration,
  };
}

function watch(task: UploadTask): number {
  const states: UploadState[] = [task.state];
  const loaded: [number, number][] = [];
  const parts: number[] = [];
  const retries: Seen['retries'][number][] = [];
  const layers: Seen['credentials'][number][] = [];
  const warnings: string[] = [];
  const seen: Watched['seen'] = {
    state: task.state,
    states,
    progress: task.progress,
    loaded,
    parts,
    retries,
    credentials: layers,
    warnings,
    videoId: undefined,
    result: undefined,
    key: undefined,
    error: undefined,
  };
  task.on('state', (state) => states.push(state));
  task.on('progress', (progress) => loaded.push([progress.loaded, progress.total]));
  task.on('partuploaded', ({ number }) => parts.push(number));
  task.on('retry', ({ scope, error }) => retries.push({ scope, code: codeOf(error) }));
  task.on('credentials', ({ layer }) => layers.push(layer));
  task.on('warning', (warning) => warnings.push(`${warning.code}: ${warning.message}`));
  task.on('success', ({ key, videoId }) => {
    seen.key = key;
    seen.result = videoId;
  });
  task.on('error', ({ code, message }) => {
    seen.error = { code, message };
  });
  task.done.catch(() => undefined);
  return uploads.push({ task, seen }) - 1;
}

const codeOf = (error: unknown): string => (error instanceof UploadError ? error.code : String(error));

function upload(id: number): Watched {
  const found = uploads[id];
  if (!found) throw new Error(`there is no upload ${id}`);
  return found;
}

const input = (): HTMLInputElement => document.querySelector('#file') as HTMLInputElement;

async function unfinishedUpload(name: string, options: PageOptions) {
  const found = (await uploaderWith(options).unfinished()).find(({ fileName }) => fileName === name);
  if (!found) throw new Error(`${name} is not remembered`);
  return found;
}

const page = {
  /** What the platform offers here. */
  platform: () => ({
    secureContext: isSecureContext,
    subtle: globalThis.crypto?.subtle !== undefined,
    indexedDB: globalThis.indexedDB !== undefined,
    locks: navigator.locks !== undefined,
    handles: typeof navigator.storage?.getDirectory === 'function',
    touch: navigator.maxTouchPoints > 0,
    online: navigator.onLine,
    origin: globalThis.origin,
  }),

  /** Uploads the first chosen file. @returns the number of the upload */
  upload(options: PageOptions): number {
    const file = input().files?.[0];
    if (!file) throw new Error('no file was chosen');
    return watch(uploaderWith(options).upload(file));
  },

  /** Copies the first chosen file into the origin's private file system. Its handle is one the browser can keep. */
  async keep(): Promise<void> {
    const file = input().files?.[0];
    if (!file) throw new Error('no file was chosen');
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(file.name, { create: true });
    await file.stream().pipeTo(await handle.createWritable());
  },

  /** Uploads a file that was kept, by its handle. */
  async uploadKept(name: string, options: PageOptions): Promise<number> {
    const handle = await (await navigator.storage.getDirectory()).getFileHandle(name);
    return watch(uploaderWith(options).upload(handle));
  },

  /** What this browser remembers of uploads that were not finished. */
  async unfinished(options: PageOptions) {
    const found = await uploaderWith(options).unfinished();
    return found.map(({ fileName, size, loaded, origin, reopenable }) => ({
      fileName,
      size,
      loaded,
      origin,
      reopenable,
    }));
  },

  /** Goes on with what {@link unfinished} tells, with the file that is chosen now or with none. */
  async resumeUnfinished(name: string, options: PageOptions, file: 'chosen' | 'nothing'): Promise<number> {
    const found = await unfinishedUpload(name, options);
    return watch(found.resume(file === 'chosen' ? input().files?.[0] : undefined));
  },
  async discardUnfinished(name: string, options: PageOptions): Promise<void> {
    await (await unfinishedUpload(name, options)).discard();
  },

  /** Makes so many small files, as a dropped folder would hold them. */
  makeFiles(count: number): void {
    const files = Array.from(
      { length: count },
      (_, i) =>
        new File([smallFileBytes(i)], smallFileName(i), { type: 'video/mp4', lastModified: 1_700_000_000_000 + i }),
    );
    batch = { files, running: undefined as unknown as UploadBatch };
  },

  uploadMade(options: PageOptions): void {
    if (!batch) throw new Error('no files were made');
    const current = { files: batch.files, running: uploaderWith(options).uploadAll(batch.files) };
    batch = current;
    current.running.done.then((result) => Object.assign(current, { result }));
  },

  lookAtBatch(): {
    readonly progress: BatchProgress;
    readonly succeeded?: number;
    readonly failures: readonly string[];
  } {
    if (!batch) throw new Error('no files were made');
    const { running, result } = batch;
    return {
      progress: running.progress,
      ...(result ? { succeeded: result.succeeded } : {}),
      failures: (result?.failures ?? []).map(({ fileName, error }) => `${fileName}: ${error.code} ${error.message}`),
    };
  },

  /** Begins to watch the main thread. */
  watchThread(): void {
    thread = watchThread();
  },
  threadReport(): ThreadReport {
    if (!thread) throw new Error('the main thread is not watched');
    return thread();
  },

  look(id: number): Seen {
    const { task, seen } = upload(id);
    return { ...seen, state: task.state, progress: task.progress, videoId: task.videoId };
  },

  pause: (id: number): void => upload(id).task.pause(),
  resume: (id: number): void => upload(id).task.resume(),
  retry: (id: number): void => upload(id).task.retry(),
  cancel: (id: number): Promise<void> => upload(id).task.cancel(),

  /** Records of unfinished uploads that this origin keeps. */
  async remembered(): Promise<number> {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('sluice');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    try {
      if (!database.objectStoreNames.contains('uploads')) return 0;
      return await new Promise<number>((resolve, reject) => {
        const request = database.transaction('uploads').objectStore('uploads').count();
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    } finally {
      database.close();
    }
  },
} as const;

export type UploadPage = typeof page;
Object.assign(globalThis, { uploadPage: page });
