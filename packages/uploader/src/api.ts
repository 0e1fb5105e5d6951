/** The public types of the modern API. */

import type { MediaKind } from './core/media-kind.js';
import type { UploadProgress } from './core/progress-meter.js';
import type { RenewReason } from './core/renewable.js';
import type { UploadError } from './core/upload-error.js';
import type { CheckpointStore, Clock, HttpStack, PartHasher, Random } from './ports.js';

/** A credential of STS, as AssumeRole answers it. */
export interface StsCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  /**
   * ISO 8601 text, milliseconds since the Unix epoch, or a Date. Without it the token is renewed when it is refused,
   * not ahead of its end.
   */
  readonly expiration?: string | number | Date | undefined;
}

/** Supplies credentials of STS, from your own back end. Called again whenever they are about to end. */
export type CredentialsFunction = (context: {
  readonly reason: RenewReason;
  readonly signal: AbortSignal;
}) => Promise<StsCredentials>;

/** The answer of CreateUploadVideo, CreateUploadImage or RefreshUploadVideo, as your back end got it. */
export interface UploadGrant {
  readonly UploadAuth: string;
  /** May be left out when a video is refreshed: its address does not change. */
  readonly UploadAddress?: string | undefined;
  readonly VideoId?: string | undefined;
  readonly ImageId?: string | undefined;
}

export interface AuthContext<File = unknown> {
  readonly kind: 'create-video' | 'create-image' | 'refresh-video';
  readonly file: File;
  readonly meta: UploadOptions;
  /** With `refresh-video`. */
  readonly videoId?: string | undefined;
  readonly reason: RenewReason;
  readonly signal: AbortSignal;
}

/** Lets your back end make the media and its credential; the client then never calls VOD itself. */
export type AuthFunction<File = unknown> = (context: AuthContext<File>) => Promise<UploadGrant>;

export interface UploaderOptions<File = unknown> {
  /** URL of the VOD service, e.g. `http://127.0.0.1:8400`. Wins over `region`. Not needed with `auth`. */
  readonly endpoint?: string | undefined;
  /** `https://vod.{region}.aliyuncs.com`, and the region of V4 signatures where an UploadAuth names none. Default `cn-shanghai`. */
  readonly region?: string | undefined;
  /** STS mode. Exactly one of `credentials` and `auth` is required. */
  readonly credentials?: CredentialsFunction | undefined;
  /** Credential mode. */
  readonly auth?: AuthFunction<File> | undefined;
  /** Bytes, at least 102 400. Default `'auto'`: 1 MiB for files up to 64 MiB, 8 MiB above; never more than 10 000 parts. */
  readonly partSize?: number | 'auto' | undefined;
  /** Parts of one file in flight, default 5. */
  readonly parallel?: number | undefined;
  /** Files in flight, default 3; the others are queued. */
  readonly parallelFiles?: number | undefined;
  /** Failures in a row of one call or part before the upload fails, default 3. Any acknowledged part resets it. */
  readonly retryCount?: number | undefined;
  /** Base of the exponential backoff with full jitter, in milliseconds, default 1000. */
  readonly retryDelay?: number | undefined;
  /** Default `'v4'`. */
  readonly signatureVersion?: 'v4' | 'v1' | undefined;
  /** Milliseconds without any byte moving (also: without an answer of `credentials` or `auth`), default 60 000. */
  readonly timeout?: number | undefined;
  /** Where unfinished uploads are remembered; `false` for nowhere. Default: what the platform has. */
  readonly checkpoints?: CheckpointStore | false | undefined;
  /** The endpoint of the store is the bucket's own domain, default `false`. */
  readonly cname?: boolean | undefined;
  readonly http?: HttpStack | undefined;
  readonly hasher?: PartHasher | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

export interface UploadOptions {
  /** Default: the name of the file. 128 characters at most. */
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** 16 at most; a text is taken as it is, comma separated. */
  readonly tags?: string | readonly string[] | undefined;
  readonly cateId?: number | string | undefined;
  readonly coverUrl?: string | undefined;
  /** An object is sent as JSON: `MessageCallback`, `Extend`, `AccelerateConfig`. */
  readonly userData?: string | object | undefined;
  readonly templateGroupId?: string | undefined;
  readonly workflowId?: string | undefined;
  readonly storageLocation?: string | undefined;
  readonly appId?: string | undefined;
  /** Your own id of the video, 6 to 64 letters, digits, `-`, `_`; makes creation idempotent. */
  readonly referenceId?: string | undefined;
  /** Images: `default` (default) or `cover`. */
  readonly imageType?: 'default' | 'cover' | undefined;
  /** Default: by the real extension, then the MIME type. */
  readonly kind?: MediaKind | undefined;
  /** For sources without a name of their own. */
  readonly fileName?: string | undefined;
  /** MIME type of the stored object. Default: that of the file, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** Cancels the upload. */
  readonly signal?: AbortSignal | undefined;
}

export type UploadState = 'queued' | 'preparing' | 'uploading' | 'paused' | 'success' | 'failed' | 'canceled';

export interface UploadResult {
  readonly videoId?: string | undefined;
  readonly imageId?: string | undefined;
  readonly bucket: string;
  readonly key: string;
  /** `undefined` when the answer of the completion was lost on the way; the upload is complete all the same. */
  readonly etag: string | undefined;
  /** CRC-64 of the whole file, decimal text. */
  readonly crc64: string;
  readonly size: number;
  /** `undefined` for a file that went in one piece. */
  readonly uploadId?: string | undefined;
}

export interface UploadEvents {
  progress: UploadProgress;
  state: UploadState;
  partuploaded: { readonly number: number; readonly size: number; readonly etag: string };
  /** Something failed and will be tried again. */
  retry: {
    readonly scope: 'part' | 'call' | 'credentials';
    readonly part?: number | undefined;
    readonly attempt: number;
    /** Milliseconds until the next try. */
    readonly delay: number;
    readonly error: unknown;
  };
  /** Credentials were renewed: the STS token, or the credential of this file. Never carries them. */
  credentials: {
    readonly layer: 'token' | 'upload';
    readonly reason: RenewReason;
    /** Server time in milliseconds. */
    readonly expiresAt: number | undefined;
  };
  /** Something beside the upload failed, e.g. the checkpoint store. The upload goes on. */
  warning: UploadError;
  success: UploadResult;
  error: UploadError;
}

export interface UploadTask {
  readonly state: UploadState;
  readonly progress: UploadProgress;
  /** Media id, as soon as the server gave one. */
  readonly videoId: string | undefined;
  readonly imageId: string | undefined;
  /** Where the bytes go, as soon as the server said so. */
  readonly target: { readonly endpoint: string; readonly bucket: string; readonly key: string } | undefined;
  /** The outcome. After `retry()` a new promise. Rejects with {@link UploadError}; need not be awaited. */
  readonly done: Promise<UploadResult>;
  /** Answers a function that stops listening. */
  on<Name extends keyof UploadEvents>(name: Name, listener: (event: UploadEvents[Name]) => void): () => void;
  /** Stops the requests in flight; what the server has is kept. */
  pause(): void;
  resume(): void;
  /**
   * Stops for good. By default the unfinished upload is removed from the server and from the checkpoints; with
   * `abortUpload: false` both stay, and uploading the same file again goes on from there.
   */
  cancel(options?: { readonly abortUpload?: boolean | undefined }): Promise<void>;
  /** After a failure: goes on with what the server has. */
  retry(): void;
}

export interface Uploader<File> {
  /** Every upload that has not ended for good: also the paused and the failed ones. */
  readonly tasks: readonly UploadTask[];
  /** Never throws; what is wrong comes out of `task.done`. */
  upload(file: File, options?: UploadOptions): UploadTask;
  /** Stops all uploads, keeps their checkpoints, lets go of connections. */
  close(): void;
}
