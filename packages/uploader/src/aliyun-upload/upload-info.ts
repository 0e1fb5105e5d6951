/** The record of one file, and the states it goes through. Reference: vod 1.5. */

/** State of a file; `Stoped` is spelt as in the official SDK. */
export type FileState = 'Ready' | 'Uploading' | 'Success' | 'Failure' | 'Canceled' | 'Stoped';
/** State of an uploader. */
export type VodState = 'Init' | 'Start' | 'Stop' | 'Failure' | 'Expire' | 'End';

/** An unfinished upload of a file that will be gone on with when the file is added again. */
export interface VodCheckpoint {
  readonly fileName: string;
  readonly lastModified: number;
  readonly size: number;
  readonly object: string;
  readonly videoId: string;
  readonly bucket: string;
  readonly endpoint: string;
  /** 0 to 1: what the record knows of; the server's own list has the last word. */
  readonly loaded: number;
  readonly state: 'Uploading' | 'Stoped';
  readonly checkpoint: {
    readonly uploadId: string;
    readonly name: string;
    readonly fileSize: number;
    readonly partSize: number;
    readonly doneParts: readonly { readonly number: number; readonly etag: string }[];
  };
}

/** One file of the list, as callbacks are given it: the same object each time. */
export interface UploadInfo {
  readonly file: Blob;
  /** As given to addFile; they win over the UploadAddress. */
  readonly _endpoint: string | null;
  readonly _bucket: string | null;
  readonly _object: string | null;
  endpoint: string | undefined;
  bucket: string | undefined;
  object: string | undefined;
  region: string | undefined;
  /** `Ready` until a credential was given. */
  state: FileState;
  readonly isImage: boolean;
  /** First level of `Vod` in paramData. */
  readonly videoInfo: Readonly<Record<string, unknown>>;
  /** base64 of paramData. */
  readonly userData: string;
  /** Request id of this file. */
  readonly ri: string;
  videoId: string | undefined;
  imageId: string | undefined;
  /** Set in onUploadstarted when an unfinished upload of this file is gone on with. */
  checkpoint: VodCheckpoint | undefined;
  /** 0 to 1. */
  loaded: number;
  retry: number;
  /** Hexadecimal MD5 of the first 1024 bytes. */
  fileHash: string | undefined;
  /** base64 of the text of {@link UploadInfo.fileHash}. */
  fileMd5: string | undefined;
}
