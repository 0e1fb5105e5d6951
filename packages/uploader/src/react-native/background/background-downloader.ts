import { pathOf } from '../file-port.js';
import type { BackgroundTransfer } from './ports.js';

/** As much of `@kesha-antonov/react-native-background-downloader` (4.6) as is used. */
export interface BackgroundDownloader {
  createUploadTask(options: {
    id: string;
    url: string;
    source: string;
    method: 'PUT';
    headers: Record<string, string>;
    mimeType: string;
    metadata: object;
    isAllowedOverRoaming: boolean;
    isAllowedOverMetered: boolean;
  }): BackgroundUploadTask;
  getExistingUploadTasks(): Promise<readonly BackgroundUploadTask[]>;
  /** Tells the system that nothing more comes for this job. */
  completeHandler(id: string): void;
}

export interface BackgroundUploadTask {
  readonly id: string;
  readonly state: string;
  done(handler: (result: { responseCode: number }) => void): BackgroundUploadTask;
  error(handler: (failure: { error: string; errorCode: number }) => void): BackgroundUploadTask;
  start(): void;
  stop(): Promise<void>;
}

const CONTENT_TYPE = 'content-type';

/**
 * Uploads that go on in the background session of iOS and the service of Android, and can be found again after the
 * application was killed.
 *
 * @param options.metered also over mobile data, default `true`
 * @example
 * import * as BackgroundDownloader from '@kesha-antonov/react-native-background-downloader';
 * const transfer = backgroundDownloaderTransfer(BackgroundDownloader);
 */
export function backgroundDownloaderTransfer(
  library: BackgroundDownloader,
  options: { readonly metered?: boolean; readonly roaming?: boolean } = {},
): BackgroundTransfer {
  // What was answered does not matter: the server's list of parts has the last word.
  const closing = (task: BackgroundUploadTask) =>
    task.done(() => library.completeHandler(task.id)).error(() => library.completeHandler(task.id));
  return {
    async put({ id, url, headers, file, metadata }) {
      const { [CONTENT_TYPE]: mimeType = 'application/octet-stream', ...others } = headers;
      const task = library.createUploadTask({
        id,
        url,
        source: pathOf(file),
        method: 'PUT',
        headers: others,
        // The library sets the content type from this, on Android always. `fieldName` would make it a form.
        mimeType,
        metadata: { ...metadata },
        isAllowedOverRoaming: options.roaming ?? false,
        isAllowedOverMetered: options.metered ?? true,
      });
      await new Promise<void>((resolve, reject) => {
        // `start` reports at once what the native side does not have.
        task
          .done(() => library.completeHandler(id))
          .error(({ error, errorCode }) => {
            library.completeHandler(id);
            reject(new Error(`${error} (${errorCode})`));
          });
        task.start();
        resolve();
      });
    },
    async jobs() {
      const tasks = await library.getExistingUploadTasks();
      for (const task of tasks) closing(task);
      return tasks.filter(({ state }) => !ENDED.has(state)).map(({ id }) => id);
    },
    async cancel(id) {
      const task = (await library.getExistingUploadTasks()).find((one) => one.id === id);
      await task?.stop();
    },
  };
}

const ENDED: ReadonlySet<string> = new Set(['DONE', 'FAILED', 'STOPPED']);
