/** The public types of the modern API. */

import type { MediaKind } from './core/media-kind.js';
import type { UploadProgress } from './core/progress-meter.js';
import type { RenewReason } from './core/renewable.js';
import type { UploadError } from './core/upload-error.js';
import type { CheckOptions } from './doctor/check-context.js';
import type { CheckReport } from './doctor/finding.js';
import type { Checkpoint, CheckpointStore, Clock, HttpStack, PartHasher, Random } from './ports.js';

/** A credential of STS, as AssumeRole answers it. */
export interface StsCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  /**
   * ISO 8601 text, milliseconds since the Unix epoch, or a Date. Without it the token is renewed when it is refused,
   * not ahead of its end.
   */
  readonly expiration?: string | number | Date | null | undefined;
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
  readonly ImageURL?: string | undefined;
}

/** What is asked of {@link AuthFunction}, and about which file. */
export interface AuthContext<File = unknown> {
  /** The call that your back end makes: CreateUploadVideo, CreateUploadImage or RefreshUploadVideo. */
  readonly kind: 'create-video' | 'create-image' | 'refresh-video';
  readonly file: File;
  /** Options of the upload, as they were given. */
  readonly meta: UploadOptions;
  /** With `refresh-video`. */
  readonly videoId?: string | undefined;
  readonly reason: RenewReason;
  /** Aborts when the answer is of no use any more. */
  readonly signal: AbortSignal;
}

/** Lets your back end make the media and its credential; the client then never calls VOD itself. */
export type AuthFunction<File = unknown> = (context: AuthContext<File>) => Promise<UploadGrant>;

/** Options of `createUploader`. One that does not exist is refused with `InvalidOption`. */
export interface UploaderOptions<File = unknown> {
  /** URL of the VOD service, e.g. `http://127.0.0.1:8400`. Wins over `region`. Not needed with `auth`. */
  readonly endpoint?: string | undefined;
  /** `https://vod.{region}.aliyuncs.com`, and the region of V4 signatures where an UploadAuth names none. Default `cn-shanghai`. */
  readonly region?: string | undefined;
  /** STS mode. Exactly one of `credentials` and `auth` is required. */
  readonly credentials?: CredentialsFunction | undefined;
  /** Credential mode. */
  readonly auth?: AuthFunction<File> | undefined;
  /**
   * Bytes, at least 102 400. Default `'auto'`: chosen part by part from the measured goodput and round-trip time, from
   * 256 KiB up to `maxPartSize`; never more than 10 000 parts.
   */
  readonly partSize?: number | 'auto' | undefined;
  /** Largest part `partSize: 'auto'` chooses, in bytes; default 16 MiB. */
  readonly maxPartSize?: number | undefined;
  /**
   * Parts in flight. A number holds for each file; the default `'auto'` shares one number between all files and lets it
   * grow and shrink with the measured goodput, up to `maxParallel`.
   */
  readonly parallel?: number | 'auto' | undefined;
  /** Most parts in flight with `parallel: 'auto'`; default 6 in browsers (their own limit), 64 in Node. */
  readonly maxParallel?: number | undefined;
  /** Files in flight; the others are queued. Default 3, and while they are small (1 MiB) up to 12, in Node 64. */
  readonly parallelFiles?: number | undefined;
  /** Bytes per second all uploads together may take; default no limit. */
  readonly bandwidth?: number | undefined;
  /**
   * Names who uploads (not a secret, e.g. your user id). Uploaders of one account, in all tabs, share one STS token and
   * one list of unfinished uploads; those of another account are not seen. Without it tokens are not shared between tabs.
   */
  readonly account?: string | undefined;
  /**
   * Ask the server whether it has the content already and prove possession of it instead of sending the bytes; default
   * `false`. The file is read once more. Servers that do not know the calls are sent the bytes.
   */
  readonly instant?: boolean | undefined;
  /**
   * Failures in a row of one call or part before the upload fails, default 8, which is about a minute. Any acknowledged
   * part resets it; time without a connection does not count; a server that has never answered gets 3 at most.
   */
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
  /** How requests are sent. This and the next three are ports; default: what the platform has. */
  readonly http?: HttpStack | undefined;
  readonly hasher?: PartHasher | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
}

/** What is uploaded is called, and how. Limits are those of the service, which refuses what is beyond them. */
export interface UploadOptions {
  /** Default: the name of the file. 128 characters at most. */
  readonly title?: string | undefined;
  /** 1024 characters at most. */
  readonly description?: string | undefined;
  /** 16 at most, 32 characters each; a text is taken as it is, comma separated. */
  readonly tags?: string | readonly string[] | undefined;
  /** Number of a category. */
  readonly cateId?: number | string | undefined;
  /** URL of a cover that is there already, 1024 characters at most. */
  readonly coverUrl?: string | undefined;
  /** An object is sent as JSON: `MessageCallback`, `Extend`, `AccelerateConfig`. */
  readonly userData?: string | object | undefined;
  /** Transcoding template: 32 hexadecimal digits, or `VOD_NO_TRANSCODE`. */
  readonly templateGroupId?: string | undefined;
  /** Workflow that the service starts, 64 characters at most. */
  readonly workflowId?: string | undefined;
  /** Where the service stores it; default: its own choice. */
  readonly storageLocation?: string | undefined;
  /** Application of the service it belongs to; default `app-1000000`. */
  readonly appId?: string | undefined;
  /** Your own id of the video, 6 to 64 letters, digits, `-`, `_`. A second video of the account with it is refused. */
  readonly referenceId?: string | undefined;
  /** Images: `default` (default) or `cover`. */
  readonly imageType?: 'default' | 'cover' | undefined;
  /** Default: by the real extension, then the MIME type. */
  readonly kind?: MediaKind | undefined;
  /** For sources without a name of their own. */
  readonly fileName?: string | undefined;
  /** Higher goes first, default 0. Among equals the parts take turns, so that a small file never waits for a big one. */
  readonly priority?: number | undefined;
  /** An image that is uploaded first and becomes the cover of the video. `coverUrl` wins. */
  readonly cover?: Blob | undefined;
  /** Overrides the option of the uploader. */
  readonly instant?: boolean | undefined;
  /** MIME type of the stored object. Default: that of the file, else `application/octet-stream`. */
  readonly contentType?: string | undefined;
  /** Cancels the upload. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * `offline`: the device has no connection; goes on by itself when it has one again. `elsewhere`: another tab of this
 * browser is uploading the same file; this one waits for it.
 */
export type UploadState =
  | 'queued'
  | 'preparing'
  | 'uploading'
  | 'offline'
  | 'elsewhere'
  | 'paused'
  | 'success'
  | 'failed'
  | 'canceled';

/** What was stored, and where. */
export interface UploadResult {
  /** Of a video; images have an `imageId`. */
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
  /** Of an image, as the server told it. */
  readonly imageUrl?: string | undefined;
  /** The server had the content already: no bytes were sent. */
  readonly instant?: boolean | undefined;
}

/** What a task tells, by name of the event. Exceptions of listeners reach neither the upload nor other listeners. */
export interface UploadEvents {
  progress: UploadProgress;
  state: UploadState;
  /** The server acknowledged a part. */
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

/**
 * One upload. It can be awaited (`const { videoId } = await task`), and iterated:
 * `for await (const { fraction } of task)` gives the progress as it comes and ends, or throws, with the upload.
 */
export interface UploadTask extends PromiseLike<UploadResult>, AsyncIterable<UploadProgress> {
  readonly state: UploadState;
  /** Of the source; empty until it was opened. */
  readonly fileName: string;
  /** May be changed at any time. */
  priority: number;
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

/** Many files under one handle: nothing is held of a file before its turn and after its end. */
export interface UploadBatch extends PromiseLike<BatchResult> {
  readonly progress: BatchProgress;
  /** Those that are running or have failed; never the whole batch. */
  readonly tasks: readonly UploadTask[];
  on<Name extends keyof BatchEvents>(name: Name, listener: (event: BatchEvents[Name]) => void): () => void;
  pause(): void;
  resume(): void;
  /** Stops for good, also what has not begun. */
  cancel(options?: { readonly abortUpload?: boolean | undefined }): Promise<void>;
  /** Resolves when every file has ended; rejects only when the iterable of files throws. */
  readonly done: Promise<BatchResult>;
}

/** How far a batch is. */
export interface BatchProgress {
  /** Files taken from the iterable so far. */
  readonly files: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Bytes of the files that have ended or are running. */
  readonly loaded: number;
  readonly total: number;
  /** Sum over the files that are running. */
  readonly bytesPerSecond: number;
}

/** How a batch ended. */
export interface BatchResult {
  readonly succeeded: number;
  /** The first 1 000 failures. */
  readonly failures: readonly { readonly fileName: string; readonly error: UploadError }[];
  /** Files that failed, also beyond the first 1 000. */
  readonly failed: number;
}

/** What a batch tells, by name of the event. */
export interface BatchEvents {
  /** At most every 100 ms. */
  progress: BatchProgress;
  /** A file begins. */
  task: UploadTask;
  success: UploadResult;
  error: UploadError;
}

/** An upload that was begun and not finished: by this browser or device, or by another one. */
export interface UnfinishedUpload<File> {
  readonly videoId: string;
  readonly fileName: string;
  readonly size: number;
  /** Bytes the server has, as far as known. */
  readonly loaded: number;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  /** `here`: remembered by this device. `server`: only the server told, it was begun elsewhere. */
  readonly origin: 'here' | 'server';
  /** The file can be opened again without being picked. */
  readonly reopenable: boolean;
  /**
   * Goes on. Without `file` it is opened again where the platform can (browsers then ask for permission: call it in a
   * click). A file with other content is refused with `FileChanged`.
   */
  resume(file?: File, options?: UploadOptions): UploadTask;
  /** Removes it from the server and from what is remembered. */
  discard(): Promise<void>;
}

/** Options of {@link Uploader.unfinished}. */
export interface UnfinishedOptions {
  /** Ask the server too, which takes a token; default `true`. */
  readonly server?: boolean | undefined;
}

/** Uploads files, one task each; made by `createUploader`. */
export interface Uploader<File> {
  /** Every upload that has not ended for good: also the paused and the failed ones. */
  readonly tasks: readonly UploadTask[];
  /** Never throws; what is wrong comes out of `task.done`. */
  upload(file: File, options?: UploadOptions): UploadTask;
  /**
   * Uploads what the iterable gives, a few files at a time: folders of many thousand files.
   * @param options for every file, or a function that answers those of one
   */
  uploadAll(
    files: Iterable<File> | AsyncIterable<File>,
    options?: UploadOptions | ((file: File) => UploadOptions),
  ): UploadBatch;
  /** What was begun and not finished, newest first: remembered here, and known to the server (STS mode only). */
  unfinished(options?: UnfinishedOptions): Promise<readonly UnfinishedUpload<File>[]>;
  /**
   * Finds what would make uploads fail, before a real file is sent: wrong endpoint, CORS, clock, token, TLS. Sends
   * nothing that lasts unless `probe` is set. Loaded when it is called.
   * @throws UploadError `Canceled`; everything else is a finding
   */
  check(options?: CheckOptions): Promise<CheckReport>;
  /** Bytes per second all uploads together may take; `undefined` for no limit. May be changed at any time. */
  bandwidth: number | undefined;
  /** Stops all uploads, keeps their checkpoints, lets go of connections. */
  close(): void;
}

export type { Checkpoint };
