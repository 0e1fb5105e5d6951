import type { Platform } from '../ports.js';
import type { UploadInfo } from './upload-info.js';

/** Options of the documented constructor. Reference: vod 1.2, 1.3. A value that is given counts, also 0 and `''`. */
export interface VodOptions extends VodCallbacks {
  /** Accepted; nothing is reported to anybody. */
  readonly userId?: string | number | undefined;
  /** Default `cn-shanghai`. */
  readonly region?: string | undefined;
  /** URL of a self-hosted VOD service; wins over `region`. Not part of the documented options. */
  readonly endpoint?: string | undefined;
  /** Bytes, default 1 048 576, at least 102 400. */
  readonly partSize?: number | undefined;
  /** Parts in flight, default 5. */
  readonly parallel?: number | undefined;
  /** Default 3. */
  readonly retryCount?: number | undefined;
  /** Seconds; base of the backoff, default 2. */
  readonly retryDuration?: number | undefined;
  /** Milliseconds, default 60 000. */
  readonly timeout?: number | undefined;
  /** The endpoint is the bucket's own domain, default `false`. */
  readonly cname?: boolean | undefined;
  /** Accepted; checkpoints are always local. */
  readonly localCheckpoint?: boolean | undefined;
  /** Accepted; progress is never reported to a third place. */
  readonly enableUploadProgress?: boolean | undefined;
}

export interface VodCallbacks {
  readonly addFileSuccess?: ((uploadInfo: UploadInfo) => void) | undefined;
  /** To be answered with setUploadAuthAndAddress or setSTSToken. */
  readonly onUploadstarted?: ((uploadInfo: UploadInfo) => void) | undefined;
  readonly onUploadSucceed?: ((uploadInfo: UploadInfo) => void) | undefined;
  /** @param loadedPercent 0 to 1 */
  readonly onUploadProgress?: ((uploadInfo: UploadInfo, totalSize: number, loadedPercent: number) => void) | undefined;
  readonly onUploadFailed?: ((uploadInfo: UploadInfo, code: string, message: string) => void) | undefined;
  /** To be answered with one of the resume methods. */
  readonly onUploadTokenExpired?: ((uploadInfo: UploadInfo, error: VodNotice) => void) | undefined;
  readonly onUploadCanceled?: ((uploadInfo: UploadInfo, error: VodNotice) => void) | undefined;
  /** @param uploadInfo of the last file; the official SDK documents it and gives none */
  readonly onUploadEnd?: ((uploadInfo: UploadInfo | undefined) => void) | undefined;
}

/** Why a callback comes: what pages read from the second argument. */
export interface VodNotice {
  readonly code: string;
  readonly message: string;
}

/** What the façade runs on; default: the browser. */
export type VodAdapters = Partial<Platform<Blob>>;

export const VOD_DEFAULTS = {
  partSize: 1_048_576,
  parallel: 5,
  retryCount: 3,
  retryDuration: 2,
  timeout: 60_000,
} as const;
