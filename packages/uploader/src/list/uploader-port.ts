import type { UploadOptions, UploadTask } from '../api.js';

/** What a list needs of an unfinished upload. */
export interface Unfinished<File> {
  readonly videoId: string;
  readonly fileName: string;
  readonly size: number;
  readonly loaded: number;
  readonly reopenable: boolean;
  resume(file?: File, options?: UploadOptions): UploadTask;
  discard(): Promise<void>;
}

/** What a list needs of an uploader. */
export interface ListUploader<File> {
  readonly tasks: readonly UploadTask[];
  upload(file: File, options?: UploadOptions): UploadTask;
  unfinished?(): Promise<readonly Unfinished<File>[]>;
}
