/** One file of the queue: its upload on the core, and the credentials the application answers with. */
import { decodeUploadAuth } from '@sluice/wire';
import type { AuthContext, StsCredentials, UploaderOptions, UploadGrant, UploadOptions, UploadTask } from '../api.js';
import { fixedLink } from '../core/link-control.js';
import { type InternalOptions, UploaderCore } from '../core/uploader.js';
import type { Checkpoint, Platform } from '../ports.js';
import type { Credential } from './credential.js';
import type { UploadInfo } from './upload-info.js';

export interface ItemHost {
  readonly platform: Platform<Blob>;
  readonly options: UploaderOptions<Blob>;
  /** The credential ended; the application has to give another one. */
  expired(item: VodItem): void;
  progressed(item: VodItem, total: number, fraction: number): void;
  ended(item: VodItem, error: { code: string; message: string } | undefined): void;
}

type Mode = Credential['mode'];

export class VodItem {
  readonly info: UploadInfo;
  readonly meta: UploadOptions;
  /** The file was read and the checkpoints were looked at. */
  prepared: Promise<void> = Promise.resolve();
  record: Checkpoint | undefined;
  readonly #host: ItemHost;
  readonly #internal: InternalOptions;
  #mode: Mode | undefined;
  #uploader: UploaderCore<Blob> | undefined;
  #task: UploadTask | undefined;
  /** Given and not taken yet. */
  #fresh: Credential | undefined;
  #address: UploadGrant | undefined;
  #created = false;
  #waiting: ((credential: Credential) => void) | undefined;

  constructor(host: ItemHost, info: UploadInfo, meta: UploadOptions, internal: InternalOptions) {
    this.#host = host;
    this.info = info;
    this.meta = meta;
    this.#internal = internal;
  }

  /** A credential of the application: begins the upload, or goes on with it. */
  async give(credential: Credential): Promise<void> {
    if (credential.mode === 'auth') {
      if (credential.grant.UploadAddress) this.#address = credential.grant;
      this.info.region = decodeUploadAuth(credential.grant.UploadAuth)?.Region || this.info.region;
    }
    const other = this.#mode !== undefined && this.#mode !== credential.mode;
    if (other) await this.#leave(false);
    this.#mode = credential.mode;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(credential);
    else this.#fresh = credential;
    if (this.#task?.state === 'paused') this.#task.resume();
    else if (this.#task?.state === 'failed') this.#task.retry();
    else if (!this.#task) this.#begin(credential.mode);
  }

  pause(): void {
    this.#task?.pause();
  }

  /** Stops for good and removes the unfinished upload from the server and the checkpoints. */
  cancel(): Promise<void> {
    this.record = undefined;
    this.info.checkpoint = undefined;
    return this.#leave(true);
  }

  async #leave(abortUpload: boolean): Promise<void> {
    const [task, uploader] = [this.#task, this.#uploader];
    this.#task = undefined;
    this.#uploader = undefined;
    this.#waiting = undefined;
    this.#created = false;
    await task?.cancel({ abortUpload });
    uploader?.close();
  }

  #begin(mode: Mode): void {
    const { platform, options } = this.#host;
    const internal = {
      ...this.#internal,
      // A person or a back end may take its time to answer.
      credentialsTimeout: Number.POSITIVE_INFINITY,
      // What the application has to renew is asked for when it ended, as documented; the rest is renewed ahead.
      renewAhead: mode === 'sts',
    };
    const source =
      mode === 'sts'
        ? { credentials: () => this.#token() }
        : { auth: (context: AuthContext<Blob>) => this.#grant(context.kind) };
    this.#uploader = new UploaderCore(platform, { ...options, ...source }, internal, { link: fixedLink });
    const task = this.#uploader.upload(this.info.file, this.meta);
    this.#task = task;
    task.on('state', () => this.#note(task));
    task.on('progress', ({ total, fraction }) => this.#host.progressed(this, total, fraction));
    task.on('retry', () => this.info.retry++);
    task.on('success', () => {
      this.#note(task);
      this.#host.ended(this, undefined);
    });
    task.on('error', (error) => this.#host.ended(this, error));
  }

  #note(task: UploadTask): void {
    const { info } = this;
    info.videoId = task.videoId ?? info.videoId;
    info.imageId = task.imageId ?? info.imageId;
    info.endpoint = task.target?.endpoint ?? info.endpoint;
    info.bucket = task.target?.bucket ?? info.bucket;
    info.object = task.target?.key ?? info.object;
  }

  async #token(): Promise<StsCredentials> {
    const credential = await this.#ask();
    if (credential.mode === 'sts') return credential.token;
    throw new Error('an STS token was expected');
  }

  async #grant(kind: AuthContext['kind']): Promise<UploadGrant> {
    // A media that has to be begun anew on the server is still the one the application made.
    if (kind !== 'refresh-video' && this.#address && !this.#created) {
      this.#created = true;
      this.#fresh = undefined;
      return this.#address;
    }
    const credential = await this.#ask();
    if (credential.mode === 'auth') return { ...this.#address, ...credential.grant };
    throw new Error('an UploadAuth was expected');
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
