/** The operator's page: what runs in the browser. Bundled with the built SDK by `site.ts`. */
import {
  createUploader,
  type StsCredentials,
  UploadError,
  type Uploader,
  type UploaderOptions,
  type UploadProgress,
  type UploadState,
  type UploadTask,
} from '@sluice/uploader/browser';

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
  readonly key: string | undefined;
  readonly error: { readonly code: string; readonly message: string } | undefined;
}

interface Watched {
  readonly task: UploadTask;
  readonly seen: { -readonly [Name in keyof Seen]: Seen[Name] };
}

const uploads: Watched[] = [];
let uploader: Uploader<Blob> | undefined;

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
    key: undefined,
    error: undefined,
  };
  task.on('state', (state) => states.push(state));
  task.on('progress', (progress) => loaded.push([progress.loaded, progress.total]));
  task.on('partuploaded', ({ number }) => parts.push(number));
  task.on('retry', ({ scope, error }) => retries.push({ scope, code: codeOf(error) }));
  task.on('credentials', ({ layer }) => layers.push(layer));
  task.on('warning', (warning) => warnings.push(`${warning.code}: ${warning.message}`));
  task.on('success', ({ key }) => {
    seen.key = key;
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

const page = {
  /** What the platform offers here. */
  platform: () => ({
    secureContext: isSecureContext,
    subtle: globalThis.crypto?.subtle !== undefined,
    indexedDB: globalThis.indexedDB !== undefined,
    locks: navigator.locks !== undefined,
    touch: navigator.maxTouchPoints > 0,
    online: navigator.onLine,
    origin: location.origin,
  }),

  /** Uploads the first chosen file. @returns the number of the upload */
  upload(options: PageOptions): number {
    uploader ??= createUploader({ ...options, credentials });
    const file = input().files?.[0];
    if (!file) throw new Error('no file was chosen');
    return watch(uploader.upload(file));
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
    let count = 0;
    for (let i = 0; i < localStorage.length; i++) if (localStorage.key(i)?.startsWith('sluice.upload.')) count++;
    return count;
  },
} as const;

export type UploadPage = typeof page;
Object.assign(globalThis, { uploadPage: page });
