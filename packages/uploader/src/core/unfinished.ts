/** What was begun and not finished: here, and on other devices. */
import type { UnfinishedUpload, UploadOptions, UploadTask } from '../api.js';
import type { Checkpoint, CheckpointStore, Platform } from '../ports.js';
import { type AbandonHost, abandonUpload } from './abandon-upload.js';
import { localError } from './upload-error.js';

export interface UnfinishedHost<File> extends AbandonHost {
  readonly platform: Pick<Platform<File>, 'reopen' | 'sizeOf'>;
  readonly checkpoints: CheckpointStore | undefined;
  begin(getFile: () => Promise<File>, size: number | undefined, options: UploadOptions, resume: Checkpoint): UploadTask;
}

export async function listUnfinished<File>(
  host: UnfinishedHost<File>,
  signal: AbortSignal,
  askServer: boolean,
): Promise<readonly UnfinishedUpload<File>[]> {
  const asked = askServer && host.callVod !== undefined;
  const [here, server] = await Promise.all([remembered(host, asked), asked ? told(host, signal) : []]);
  // A copy of the file has a record of its own: one upload is told once, as it is known best.
  const known = new Map([...here].sort((a, b) => loadedOf(a) - loadedOf(b)).map((record) => [record.uploadId, record]));
  return [
    ...[...known.values()].map((record) => entry(host, record, 'here', loadedOf(record), signal)),
    ...server
      .filter(({ record }) => !known.has(record.uploadId))
      .map(({ record, loaded }) => entry(host, record, 'server', loaded, signal)),
  ].sort((a, b) => b.createdAt - a.createdAt);
}

const loadedOf = ({ parts }: Checkpoint): number => parts.reduce((sum, [, size]) => sum + size, 0);

function entry<File>(
  host: UnfinishedHost<File>,
  record: Checkpoint,
  origin: 'here' | 'server',
  loaded: number,
  signal: AbortSignal,
): UnfinishedUpload<File> {
  const { platform } = host;
  const { videoId, fileName, size, createdAt, handle } = record;
  const reopenable = handle !== undefined && platform.reopen !== undefined;
  return {
    videoId,
    fileName,
    size,
    loaded,
    createdAt,
    origin,
    reopenable,
    resume(file, options = {}) {
      // At once, not when the task begins: browsers ask for permission only in a click.
      const opened = file !== undefined ? Promise.resolve(file) : reopenable ? platform.reopen?.(handle) : undefined;
      opened?.catch(() => {});
      const missing = () =>
        Promise.reject(localError('FileUnreadable', `The file ${fileName} has to be chosen again.`));
      const task = host.begin(() => opened ?? missing(), size, options, record);
      // Gone on with from a copy of the file, it is remembered by that one; this record would stay for ever.
      task.on('success', () => void host.checkpoints?.delete(record.fingerprint).catch(() => {}));
      return task;
    },
    async discard() {
      await abandonUpload(record, host, signal);
      // One that only the server told of has no record here.
      if (origin === 'here') await host.checkpoints?.delete(record.fingerprint);
    },
  };
}

/** @param asked the server tells as well: then a store that cannot be read (a private window) remembers nothing */
async function remembered<File>(
  { checkpoints, settings }: UnfinishedHost<File>,
  asked: boolean,
): Promise<readonly Checkpoint[]> {
  try {
    const records = (await checkpoints?.list()) ?? [];
    return records.filter((record) => record.account === settings.account);
  } catch (cause) {
    if (asked) return [];
    throw localError('CheckpointFailed', 'The unfinished uploads could not be read.', cause);
  }
}

interface Told {
  readonly record: Checkpoint;
  readonly loaded: number;
}

/** Servers that do not know the call, or do not allow it, tell nothing. */
async function told<File>({ callVod, settings }: UnfinishedHost<File>, signal: AbortSignal): Promise<Told[]> {
  const found: Told[] = [];
  try {
    for (let marker: string | undefined; ; ) {
      const answer: Record<string, unknown> | undefined = await callVod?.(
        'ListUnfinishedUploads',
        { MaxItems: '100', Marker: marker },
        { signal, onRetry: () => {} },
      );
      if (Array.isArray(answer?.Uploads))
        found.push(...answer.Uploads.flatMap((row) => read(row, settings.account) ?? []));
      const next: unknown = answer?.NextMarker;
      if (typeof next !== 'string' || next === '' || next === marker || found.length >= 1000) return found;
      marker = next;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    return found;
  }
}

function read(row: Record<string, unknown>, account: string): Told | undefined {
  const { VideoId, FileName, FileSize, FileSample, PartUnit, UploadId, UploadedSize, CreationTime } = row;
  const [size, unit] = [Number(FileSize), Number(PartUnit)];
  const texts = [VideoId, FileName, FileSample, UploadId].every((text) => typeof text === 'string' && text !== '');
  if (!texts || !(size > 0) || !(unit > 0)) return undefined;
  const record: Checkpoint = {
    version: 2,
    // Where this device will remember it is known when the file is at hand.
    fingerprint: `${FileSample}-server`,
    sample: FileSample as string,
    account,
    fileName: FileName as string,
    size,
    lastModified: 0,
    unit,
    videoId: VideoId as string,
    bucket: '',
    key: '',
    endpoint: '',
    uploadId: UploadId as string,
    parts: [],
    createdAt: Date.parse(String(CreationTime)) || 0,
  };
  return { record, loaded: Number(UploadedSize) || 0 };
}
