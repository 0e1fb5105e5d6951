/** One file of the list: its upload on the core, and the credentials the application answers with. */
import { decodeUploadAddress } from '@sluice/wire';
import type { AuthContext, StsCredentials, UploaderOptions, UploadGrant, UploadTask } from '../../api.js';
import { FEATURES } from '../../core/features.js';
import { fixedLink } from '../../core/link-control.js';
import type { UploadError } from '../../core/upload-error.js';
import { UploaderCore } from '../../core/uploader.js';
import type { Platform } from '../../ports.js';
import type { NativeFile } from '../file-port.js';
import type { UploadFileInfo } from './upload-file-info.js';
import { type ClientMeta, notificationOf, uploadOptionsOf } from './vod-info.js';

/** What the application answered with. */
export type Credential =
  /** The SDK makes the media itself. */
  | { readonly mode: 'sts'; readonly token: StsCredentials }
  /** The application made it, or there is none (straight to the object store). */
  | { readonly mode: 'auth'; readonly grant: UploadGrant };

export interface ItemHost {
  readonly platform: Platform<NativeFile>;
  /** Read when the upload begins. */
  options(): UploaderOptions<NativeFile>;
  meta(): ClientMeta;
  /** Of CreateUploadVideo, beside those of the modern API. */
  vodParams(info: UploadFileInfo): Readonly<Record<string, string>>;
  started(item: VodItem): void;
  /** The credential ended; the application has to give another one. */
  expired(item: VodItem): void;
  progressed(item: VodItem): void;
  retrying(item: VodItem, error: unknown): void;
  recovered(item: VodItem): void;
  ended(item: VodItem, error: UploadError | undefined): void;
}

export class VodItem {
  readonly info: UploadFileInfo;
  /** The place was given to addFile: VOD is not asked. */
  readonly direct: boolean;
  readonly #host: ItemHost;
  #mode: Credential['mode'] | undefined;
  #uploader: UploaderCore<NativeFile> | undefined;
  #task: UploadTask | undefined;
  /** Given and not taken yet. */
  #fresh: Credential | undefined;
  #address: UploadGrant | undefined;
  #created = false;
  #waiting: ((credential: Credential) => void) | undefined;
  #retrying = false;

  constructor(host: ItemHost, info: UploadFileInfo, direct: boolean) {
    this.#host = host;
    this.info = info;
    this.direct = direct;
  }

  /** A credential is missing that only the application has. */
  get waits(): boolean {
    return this.#waiting !== undefined;
  }

  get begun(): boolean {
    return this.#task !== undefined;
  }

  /** Begins the upload, or goes on with it. */
  give(credential: Credential): void {
    this.keep(credential);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) {
      this.#fresh = undefined;
      waiting(credential);
    }
    this.resume();
    if (!this.#task) this.#begin(credential.mode);
  }

  /** Holds a credential that comes before its turn. */
  keep(credential: Credential): void {
    if (credential.mode === 'auth' && credential.grant.UploadAddress) this.#address = credential.grant;
    this.#fresh = credential;
  }

  /** One that was kept. */
  get kept(): Credential | undefined {
    return this.#fresh;
  }

  pause(): void {
    this.#task?.pause();
  }

  resume(): void {
    if (this.#task?.state === 'paused') this.#task.resume();
    else if (this.#task?.state === 'failed') this.#task.retry();
  }

  /** @param abortUpload also removes what the server has */
  async cancel(abortUpload: boolean): Promise<void> {
    const [task, uploader] = [this.#task, this.#uploader];
    this.#task = undefined;
    this.#uploader = undefined;
    this.#waiting = undefined;
    this.#created = false;
    await task?.cancel({ abortUpload });
    uploader?.close();
  }

  #begin(mode: Credential['mode']): void {
    const { platform } = this.#host;
    const options = this.#host.options();
    const { info } = this;
    this.#mode = mode;
    const source =
      mode === 'sts'
        ? { credentials: () => this.#token() }
        : { auth: (context: AuthContext<NativeFile>) => this.#grant(context) };
    const uploader = new UploaderCore(
      platform,
      { ...options, ...source },
      {
        // A person or a back end may take its time to answer.
        credentialsTimeout: Number.POSITIVE_INFINITY,
        // What the application has to renew is asked for when it ended, as documented; the rest is renewed ahead.
        renewAhead: mode === 'sts',
        objectHeaders: mode === 'auth' ? [['x-oss-notification', notificationOf(info.vodInfo)]] : [],
        vodParams: this.#host.vodParams(info),
      },
      { ...FEATURES, link: fixedLink },
    );
    this.#uploader = uploader;
    const task = uploader.upload(info.filePath, uploadOptionsOf(info.vodInfo, this.#host.meta()));
    this.#task = task;
    task.on('state', (state) => {
      this.#note(task);
      if (state === 'uploading') this.#host.started(this);
    });
    task.on('progress', ({ loaded, total }) => {
      info.uploadedSize = loaded;
      info.totalSize = total;
      this.#recover();
      this.#host.progressed(this);
    });
    task.on('retry', ({ scope, error }) => {
      if (scope === 'credentials' || this.#retrying) return;
      this.#retrying = true;
      this.#host.retrying(this, error);
    });
    task.on('partuploaded', () => this.#recover());
    task.on('success', ({ imageUrl }) => {
      this.#note(task);
      info.result.imageUrl = imageUrl;
      this.#recover();
      uploader.close();
      this.#host.ended(this, undefined);
    });
    task.on('error', (error) => {
      this.#retrying = false;
      this.#host.ended(this, error);
    });
  }

  #recover(): void {
    if (!this.#retrying) return;
    this.#retrying = false;
    this.#host.recovered(this);
  }

  #note(task: UploadTask): void {
    const { info } = this;
    info.endpoint = task.target?.endpoint ?? info.endpoint;
    info.bucket = task.target?.bucket ?? info.bucket;
    info.object = task.target?.key ?? info.object;
    info.result.bucket = info.bucket;
    info.result.endpoint = info.endpoint;
    if (this.#mode !== 'sts') return;
    info.result.videoid = task.videoId;
    info.result.videoId = task.videoId;
    info.result.imageId = task.imageId;
  }

  async #token(): Promise<StsCredentials> {
    const credential = await this.#ask();
    if (credential.mode === 'sts') return credential.token;
    throw new Error('an STS token was expected');
  }

  /**
   * The application tells no media id, so the object key stands for it: it is what makes an upload of yesterday the same
   * one as today's.
   */
  async #grant({ kind, videoId }: AuthContext<NativeFile>): Promise<UploadGrant> {
    const key = decodeUploadAddress(this.#address?.UploadAddress ?? '')?.FileName;
    if (kind !== 'refresh-video' && this.#address && !this.#created) {
      this.#created = true;
      this.#fresh = undefined;
      return named(this.#address, kind, key);
    }
    // A remembered upload of this file that went to another place: what the application made now counts.
    if (kind === 'refresh-video' && videoId !== undefined && videoId !== key) throw new MediaGone();
    const credential = await this.#ask();
    if (credential.mode !== 'auth') throw new Error('an UploadAuth was expected');
    return named({ ...this.#address, ...credential.grant }, kind, key);
  }

  #ask(): Promise<Credential> {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    if (fresh) return Promise.resolve(fresh);
    const answer = new Promise<Credential>((resolve) => {
      this.#waiting = resolve;
    });
    this.#host.expired(this);
    return answer;
  }
}

class MediaGone extends Error {
  readonly code = 'InvalidVideo.NotFound';
}

function named(grant: UploadGrant, kind: AuthContext['kind'], key: string | undefined): UploadGrant {
  return kind === 'create-image' ? { ...grant, ImageId: key } : { ...grant, VideoId: key };
}
