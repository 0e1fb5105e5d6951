/** One file of the queue: its upload on the core, and the credentials the application answers with. */
import { decodeUploadAuth } from '@sluice/wire';
import type { AuthContext, StsCredentials, UploaderOptions, UploadGrant, UploadOptions, UploadTask } from '../api.js';
import { FEATURES } from '../core/features.js';
import { fixedLink } from '../core/link-control.js';
import { type InternalOptions, UploaderCore } from '../core/uploader.js';
import type { Checkpoint, Platform } from '../ports.js';
import { vodCheckpoint } from './checkpoint-record.js';
import { readHead } from './create-info.js';
import type { Credential } from './credential.js';
import type { UploadInfo } from './upload-info.js';

export interface ItemHost {
  readonly platform: Platform<Blob>;
  /** As they are when the upload begins. @throws UploadError `InvalidOption` */
  options(): UploaderOptions<Blob>;
  /** The credential ended; the application has to give another one. */
  expired(item: VodItem): void;
  progressed(item: VodItem, total: number, fraction: number): void;
  ended(item: VodItem, error: { code: string; message: string } | undefined): void;
}

type Mode = Credential['mode'];

export class VodItem {
  readonly info: UploadInfo;
  readonly meta: UploadOptions;
  /** addFile is over: the file was read, or could not be. */
  added: Promise<void> = Promise.resolve();
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
  #left: Promise<void> = Promise.resolve();
  #head: { readonly fingerprint: string | undefined } | undefined;
  #record: Checkpoint | undefined;

  constructor(host: ItemHost, info: UploadInfo, meta: UploadOptions, internal: InternalOptions) {
    this.#host = host;
    this.info = info;
    this.meta = meta;
    this.#internal = internal;
  }

  /** Rejects when the file cannot be read. */
  async read(): Promise<void> {
    this.#head ??= { fingerprint: await readHead(this.info, this.#host.platform) };
  }

  /** Looks for an unfinished upload of the file and shows it in the info. */
  async lookUp(): Promise<void> {
    const { info } = this;
    const name = this.#head?.fingerprint;
    const store = this.#host.platform.checkpoints();
    // A store that cannot be read remembers nothing; the upload itself tells about it.
    this.#record = name === undefined ? undefined : await store?.get(name).catch(() => undefined);
    info.checkpoint = this.#record && vodCheckpoint(this.#record, 'Stoped');
    info.videoId = this.#record?.videoId ?? info.videoId;
  }

  /** A credential of the application: begins the upload, or goes on with it. */
  async give(credential: Credential): Promise<void> {
    await this.#left;
    if (credential.mode === 'auth') await this.#settle(credential.grant);
    if (this.#mode !== undefined && this.#mode !== credential.mode) await this.#leave(false);
    // Stopped, canceled or deleted meanwhile: it waits for the next start, or for nothing.
    if (this.info.state !== 'Uploading') return;
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
    this.info.checkpoint = undefined;
    this.#left = this.#leave(true);
    return this.#left;
  }

  /** What a grant says of the file; a media made anew is never filled with parts of the one before. */
  async #settle(grant: UploadGrant): Promise<void> {
    const { info } = this;
    info.region = decodeUploadAuth(grant.UploadAuth)?.Region || info.region;
    if (grant.UploadAddress === undefined) return;
    this.#address = grant;
    this.#created = false;
    // Where pages look for it: the documented SDK keeps whatever id it is given there.
    if (info.isImage) info.videoId = grant.ImageId ?? info.videoId;
    const before = this.#record?.videoId ?? this.#task?.videoId;
    if (!grant.VideoId || before === undefined || grant.VideoId === before) return;
    await this.#leave(false);
    if (this.#record) await this.#host.platform.checkpoints()?.delete(this.#record.fingerprint);
    this.#record = undefined;
    info.checkpoint = undefined;
    info.videoId = grant.VideoId;
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
    // One upload for all tabs that have the file, unless the application just made a media that must be filled here.
    const shared = mode === 'sts' || this.#record !== undefined;
    const platform = { ...this.#host.platform, ...(shared ? {} : { tabs: undefined }) };
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
    this.#uploader = new UploaderCore(platform, { ...this.#host.options(), ...source }, internal, {
      ...FEATURES,
      link: fixedLink,
    });
    const task = this.#uploader.upload(this.info.file, this.meta);
    this.#task = task;
    task.on('state', () => this.#note(task));
    task.on('progress', ({ total, fraction }) => this.#host.progressed(this, total, fraction));
    task.on('retry', () => this.info.retry++);
    task.on('success', (result) => {
      this.#note(task);
      // Of the tab that uploaded it, perhaps.
      this.info.videoId = result.videoId ?? this.info.videoId;
      this.info.imageId = result.imageId ?? this.info.imageId;
      this.info.bucket = result.bucket;
      this.info.object = result.key;
      // Lets go of what it listens to; nothing more comes of this file.
      this.#uploader?.close();
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
