import type { Platform } from '../ports.js';
import type { UploadInfo } from './upload-info.js';

/**
 * Options of the documented constructor. Reference: vod 1.2, 1.3. They may be read and changed later through
 * `uploader.options`: callbacks count at once, the others from the next upload on. What is empty (`undefined`, `null`,
 * `''`, and `0` where nothing can be meant by it) is replaced by its default. Numbers may be texts.
 */
export interface VodOptions extends VodCallbacks {
  /** Accepted; nothing is reported to anybody. */
  userId?: string | number | null | undefined;
  /** The VOD service is `https://vod.{region}.aliyuncs.com`. Default `cn-shanghai`. */
  region?: string | null | undefined;
  /** URL of a self-hosted VOD service; wins over `region`. Not part of the documented options. */
  endpoint?: string | null | undefined;
  /** Bytes, default 1 048 576. Less than 102 400, the least the store takes, is taken as 102 400. */
  partSize?: number | string | null | undefined;
  /** Parts in flight, default 5. */
  parallel?: number | string | null | undefined;
  /** Failures in a row of one part or call before the file fails, default 3; `0` for none. */
  retryCount?: number | string | null | undefined;
  /** Seconds; base of the exponential backoff, default 2; `0` for at once. */
  retryDuration?: number | string | null | undefined;
  /** Milliseconds without any byte moving, default 60 000. */
  timeout?: number | string | null | undefined;
  /** The endpoint is the bucket's own domain, default `false`. */
  cname?: boolean | '' | 0 | null | undefined;
  /** Accepted; checkpoints are always local. */
  localCheckpoint?: boolean | '' | 0 | null | undefined;
  /** Default `true`; kept as given. Nothing is reported to anybody, whatever it says. */
  enableUploadProgress?: boolean | null | undefined;
}

/** Callbacks of the page. What they throw goes to its error handlers, and stops nothing. */
export interface VodCallbacks {
  /** The file was read and can be started. */
  addFileSuccess?: ((uploadInfo: UploadInfo) => void) | null | undefined;
  /** To be answered with setUploadAuthAndAddress or setSTSToken. */
  onUploadstarted?: ((uploadInfo: UploadInfo) => void) | null | undefined;
  onUploadSucceed?: ((uploadInfo: UploadInfo) => void) | null | undefined;
  /** @param loadedPercent 0 to 1 */
  onUploadProgress?: ((uploadInfo: UploadInfo, totalSize: number, loadedPercent: number) => void) | null | undefined;
  onUploadFailed?: ((uploadInfo: UploadInfo, code: string, message: string) => void) | null | undefined;
  /** To be answered with one of the resume methods. Without it a file whose credential ended fails. */
  onUploadTokenExpired?: ((uploadInfo: UploadInfo, error: VodNotice) => void) | null | undefined;
  /** The running file was stopped or canceled by the page. */
  onUploadCanceled?: ((uploadInfo: UploadInfo, error: VodNotice) => void) | null | undefined;
  /**
   * Nothing is left to do. Not called when the last file failed.
   * @param uploadInfo of the last file; the official SDK documents it and gives none
   */
  onUploadEnd?: ((uploadInfo: UploadInfo | undefined) => void) | null | undefined;
  /** After `clear`. @param left files in the list @param succeeded how many had succeeded before */
  onClear?: ((left: number, succeeded: number) => void) | null | undefined;
}

/** Why a callback comes: what pages read from the second argument. */
export interface VodNotice {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** What the façade runs on; default: the browser. */
export type VodAdapters = Partial<Platform<Blob>>;
