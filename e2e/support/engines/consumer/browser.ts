/** What an application in a browser may write. Compiled against the package as it is published; never run. */
import {
  AliyunUpload,
  type Checkpoint,
  type CheckpointStore,
  createUploader,
  type StsCredentials,
  UploadError,
  type Uploader,
  type UploaderOptions,
  type UploadOptions,
  type UploadResult,
  type UploadState,
  type UploadTask,
} from '@sluice/uploader/browser';

declare const input: HTMLInputElement;
declare function show(...values: unknown[]): void;

const credentials = async ({ signal }: { signal: AbortSignal }): Promise<StsCredentials> => {
  const token = (await (await fetch('/token', { signal })).json()) as Record<string, string>;
  return {
    accessKeyId: token.AccessKeyId ?? '',
    accessKeySecret: token.AccessKeySecret ?? '',
    securityToken: token.SecurityToken ?? '',
    // With exactOptionalPropertyTypes: what may be missing may also be undefined.
    expiration: token.Expiration,
  };
};

const store = new Map<string, Checkpoint>();
const checkpoints: CheckpointStore = {
  get: async (fingerprint) => store.get(fingerprint),
  set: async (checkpoint) => void store.set(checkpoint.fingerprint, checkpoint),
  delete: async (fingerprint) => void store.delete(fingerprint),
  list: async () => [...store.values()],
};

const options: UploaderOptions<Blob> = {
  endpoint: 'https://vod.example.com',
  region: undefined,
  credentials,
  partSize: 'auto',
  parallelFiles: undefined,
  checkpoints,
};
const uploader: Uploader<Blob> = createUploader(options);
export const withoutRecords = createUploader({ endpoint: '/', credentials, checkpoints: false });
export const inCredentialMode = createUploader<File>({
  auth: async ({ kind, file, meta, videoId, signal }) => {
    const answer = await fetch(`/media/${kind}`, {
      method: 'POST',
      body: JSON.stringify({ videoId, ...meta }),
      signal,
    });
    show(file.name);
    return (await answer.json()) as { UploadAuth: string; UploadAddress: string; VideoId: string };
  },
});

export async function upload(): Promise<string | undefined> {
  const file = input.files?.[0];
  if (!file) return undefined;
  const meta: UploadOptions = { title: 'My talk', tags: ['a', 'b'], cateId: undefined, userData: { Extend: { a: 1 } } };
  const task: UploadTask = uploader.upload(file, meta);
  const stop: () => void = task.on('progress', ({ fraction, bytesPerSecond, secondsLeft }) =>
    show(fraction.toFixed(2), bytesPerSecond, secondsLeft?.toFixed(0)),
  );
  task.on('state', (state: UploadState) => show(state));
  task.on('retry', ({ scope, attempt, delay }) => show(scope, attempt, delay));
  task.on('error', (error: UploadError) => show(error.code, error.message, error.retryable));
  // @ts-expect-error there is no such event
  task.on('finished', show);
  // @ts-expect-error what the server said is not changed
  task.videoId = 'other';
  task.pause();
  task.resume();
  try {
    const { videoId, etag, crc64, size }: UploadResult = await task.done;
    show(etag, crc64, size);
    return videoId;
  } catch (error) {
    if (error instanceof UploadError && error.retryable) task.retry();
    await task.cancel({ abortUpload: false });
    throw error;
  } finally {
    stop();
  }
}

const classic = new AliyunUpload.Vod({
  userId: '1',
  endpoint: 'https://vod.example.com',
  onUploadstarted: async (uploadInfo) => {
    const { accessKeyId, accessKeySecret, securityToken } = await credentials(new AbortController());
    classic.setSTSToken(uploadInfo, accessKeyId, accessKeySecret, securityToken);
  },
  onUploadSucceed: (uploadInfo) => show(uploadInfo.videoId),
});

// @ts-expect-error an option that does not exist
createUploader({ endpoint: '/', credentials, partsize: 1 });
// @ts-expect-error a browser has no paths
void uploader.upload('/videos/talk.mp4');
