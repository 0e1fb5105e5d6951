/** The record of one file, and the states it goes through. Reference: vod 1.5. */

export type FileState = 'Ready' | 'Uploading' | 'Success' | 'Failure' | 'Canceled' | 'Stoped';
export type VodState = 'Init' | 'Start' | 'Stop' | 'Failure' | 'Expire' | 'End';

/** An unfinished upload of this file that will be gone on with. */
export interface VodCheckpoint {
  readonly videoId: string;
  readonly uploadId: string;
  readonly bucket: string;
  readonly object: string;
  readonly endpoint: string;
  readonly partSize: number;
  readonly fileName: string;
  readonly size: number;
  readonly lastModified: number;
}

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
  checkpoint: VodCheckpoint | undefined;
  /** 0 to 1. */
  loaded: number;
  retry: number;
  /** Hexadecimal MD5 of the first 1024 bytes. */
  fileHash: string | undefined;
  /** base64 of the text of {@link UploadInfo.fileHash}. */
  fileMd5: string | undefined;
}
