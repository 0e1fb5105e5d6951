import { decodeUploadAddress, decodeUploadAuth, encodeUploadAddress } from '@sluice/wire';
import { browserPlatform } from '../browser/platform.js';
import { patientStore } from '../core/checkpoint.js';
import type { Platform } from '../ports.js';
import { KnownCheckpoints, vodCheckpoint } from './checkpoint-record.js';
import { createInfo } from './create-info.js';
import { type Credential, rawUploadAuth } from './credential.js';
import { CANCELED, documentedCode, type LocalCode, MESSAGES, tokenExpired } from './messages.js';
import { type ParamData, uploadOptionsOf } from './param-data.js';
import { fillDefaults, transferOptions } from './transfer-options.js';
import type { FileState, UploadInfo, VodCheckpoint, VodState } from './upload-info.js';
import { type ItemHost, VodItem } from './vod-item.js';
import type { VodAdapters, VodCallbacks, VodNotice, VodOptions } from './vod-options.js';

/** Milliseconds between a failure and the next file, and between the last success and onUploadEnd, as documented SDKs have them. */
const PAUSE = 100;
/** Milliseconds until a stopped upload has written its record. */
const SETTLING = 500;

/**
 * `AliyunUpload.Vod` of the Upload SDK for JavaScript 1.5, on the core of this package. Files go one after another.
 * Reference: vod 1.
 */
export class Vod {
  readonly options: VodOptions;
  readonly #platform: Platform<Blob>;
  readonly #known: KnownCheckpoints;
  readonly #host: ItemHost;
  readonly #items: VodItem[] = [];
  /** Pages keep what listFiles answers: it stays true. */
  readonly #infos: UploadInfo[] = [];
  #adding: Promise<void> = Promise.resolve();
  #current: VodItem | undefined;
  /** Of the latest start: an earlier one that comes too late tells nothing. */
  #turn = {};
  #state: VodState = 'Init';

  /**
   * @param adapters what to run on in place of the browser
   * @throws UploadError `InvalidOption`
   */
  constructor(options: VodOptions, adapters: VodAdapters = {}) {
    transferOptions(options);
    fillDefaults(options);
    this.options = options;
    const { reopen: _, ...browser } = browserPlatform();
    const platform: Platform<Blob> = { ...browser, ...adapters };
    const { clock, hasher } = platform;
    const store = platform.checkpoints();
    const checkpoints = store && patientStore(store, clock);
    // Every file has an uploader of its own; what they share is not theirs to close.
    this.#platform = { ...platform, hasher: { crc64: (body) => hasher.crc64(body) }, checkpoints: () => checkpoints };
    this.#known = new KnownCheckpoints(checkpoints);
    this.#host = {
      platform: this.#platform,
      options: () => transferOptions(this.options),
      expired: (item) => this.#expire(item),
      progressed: (item, total, fraction) => this.#progress(item, total, fraction),
      ended: (item, error) => this.#ended(item, error),
    };
  }

  /** `Init`, `Start`, `Stop`, `Failure`, `Expire` or `End`. */
  get state(): VodState {
    return this.#state;
  }

  /**
   * @param endpoint normally null, as `bucket` and `object`: then what the server answers counts
   * @param paramData JSON text with one key `Vod`; may be left out
   * @param callback called when the file is ready to be started, after addFileSuccess
   * @returns whether the file was taken: not when there is none, when the same File is in the list, and when it is
   *   empty, which onUploadFailed tells
   */
  addFile(
    file: Blob,
    endpoint?: string | null,
    bucket?: string | null,
    object?: string | null,
    paramData?: ParamData,
    callback?: ((uploadInfo: UploadInfo) => void) | null,
  ): boolean {
    if (!file || this.#infos.some((info) => info.file === file)) return false;
    const region = this.options.region ?? undefined;
    const info = createInfo({ file, endpoint, bucket, object, paramData }, region, this.#platform.random);
    if (file.size === 0) {
      info.state = 'Failure';
      this.#call('onUploadFailed', info, 'EmptyFile', MESSAGES.EmptyFile);
      return false;
    }
    const item = this.#newItem(info);
    this.#items.push(item);
    this.#infos.push(info);
    // One after another: callbacks come in the order of the list, and many files do not open all at once.
    this.#adding = this.#adding.then(() => this.#add(item, callback ?? undefined));
    item.added = this.#adding;
    return true;
  }

  /** Takes a file off the list; what runs is canceled first. @returns `false` when there is no such index */
  deleteFile(index: number): boolean {
    const item = this.#items[index];
    if (!item) return false;
    this.#cancel(item);
    this.#remove(item);
    return true;
  }

  /** Drops the checkpoint and the unfinished upload on the server; the queue goes on. @returns `false` without such an index */
  cancelFile(index: number): boolean {
    const item = this.#items[index];
    if (!item) return false;
    this.#cancel(item);
    return true;
  }

  /** A canceled file is ready again, from its beginning. */
  resumeFile(index: number): boolean {
    const item = this.#items[index];
    if (item?.info.state !== 'Canceled') return false;
    item.info.state = 'Ready';
    return true;
  }

  /** The list itself: it changes as files are added and deleted. */
  listFiles(): UploadInfo[] {
    return this.#infos;
  }

  /** Stops, and forgets the list. What was begun can be gone on with when the same file is added again. */
  cleanList(): void {
    this.stopUpload();
    this.#items.length = 0;
    this.#infos.length = 0;
  }

  /** Takes every file of this state off the list, then calls onClear. */
  clear(state: FileState): void {
    const succeeded = this.#infos.filter((info) => info.state === 'Success').length;
    for (const item of this.#items.filter(({ info }) => info.state === state)) {
      this.#cancel(item);
      this.#remove(item);
    }
    this.#call('onClear', this.#items.length, succeeded);
  }

  /** Ignored while running or waiting for a credential. Files that failed or were stopped are tried again. */
  startUpload(): void {
    if (this.#state === 'Start' || this.#state === 'Expire') return;
    for (const info of this.#infos) {
      if (info.state === 'Failure' || info.state === 'Stoped') info.state = 'Ready';
    }
    const item = this.#nextReady();
    this.#state = item ? 'Start' : 'End';
    if (item) this.#start(item);
  }

  /** Stops the current file; startUpload goes on with it. */
  stopUpload(): void {
    const item = this.#current;
    if (this.#state !== 'Start' && this.#state !== 'Expire') return;
    this.#state = 'Stop';
    this.#current = undefined;
    if (!item) return;
    item.info.state = 'Stoped';
    item.pause();
    this.#tellCanceled(item);
  }

  /** Begins the next file that is ready, if the queue runs and none of its files does. */
  nextUpload(): void {
    if (this.#state !== 'Start' || this.#current) return;
    const item = this.#nextReady();
    if (item) {
      this.#start(item);
      return;
    }
    this.#state = 'End';
    this.#call('onUploadEnd', this.#infos.at(-1));
  }

  /** The unfinished upload of a file, also of one that was not added yet; `undefined` when there is none. */
  getCheckpoint(file: Blob): VodCheckpoint | undefined {
    const record = this.#known.of(file);
    return record && vodCheckpoint(record, this.#current?.info.file === file ? 'Uploading' : 'Stoped');
  }

  /** Credential mode. @param videoId or the image id */
  setUploadAuthAndAddress(
    uploadInfo: UploadInfo,
    uploadAuth: string,
    uploadAddress: string,
    videoId?: string | null,
  ): boolean {
    if (!uploadAuth || !uploadAddress) return this.#refuse(uploadInfo, 'InvalidParameter.EmptyValue');
    if (!decodeUploadAuth(uploadAuth) || !decodeUploadAddress(uploadAddress)) {
      return this.#refuse(uploadInfo, 'InvalidParameter.TokenInvalid');
    }
    const id = videoId || undefined;
    const ids = uploadInfo.isImage ? { ImageId: id } : { VideoId: id ?? uploadInfo.videoId };
    return this.#give(uploadInfo, {
      mode: 'auth',
      grant: { UploadAuth: uploadAuth, UploadAddress: uploadAddress, ...ids },
    });
  }

  /** STS mode: the SDK makes the media itself, and renews its credential while the token lives. */
  setSTSToken(
    uploadInfo: UploadInfo,
    accessKeyId: string,
    accessKeySecret: string,
    securityToken: string,
    _expiration?: string,
  ): boolean {
    if (!accessKeyId || !accessKeySecret || !securityToken) {
      return this.#refuse(uploadInfo, 'InvalidParameter.EmptyValue');
    }
    return this.#give(uploadInfo, { mode: 'sts', token: { accessKeyId, accessKeySecret, securityToken } });
  }

  /** Straight to the object store, with endpoint, bucket and object of addFile; VOD is not asked. */
  setSTSTokenDirectlyUpload(
    uploadInfo: UploadInfo,
    accessKeyId: string,
    accessKeySecret: string,
    securityToken: string,
    expiration?: string | number,
  ): boolean {
    const { _endpoint, _bucket, _object } = uploadInfo;
    if (!accessKeyId || !accessKeySecret || !securityToken || !_endpoint || !_bucket || !_object) {
      return this.#refuse(uploadInfo, 'InvalidParameter.EmptyValue');
    }
    const auth = rawUploadAuth(accessKeyId, accessKeySecret, securityToken, expiration, this.#platform.clock.now());
    const address = encodeUploadAddress({ Endpoint: _endpoint, Bucket: _bucket, FileName: _object });
    return this.#give(uploadInfo, { mode: 'auth', grant: { UploadAuth: auth, UploadAddress: address } });
  }

  /** After onUploadTokenExpired, with the UploadAuth of RefreshUploadVideo. */
  resumeUploadWithAuth(uploadAuth: string): boolean {
    const item = this.#expired();
    if (!item || !uploadAuth) return false;
    if (!decodeUploadAuth(uploadAuth)) return this.#refuse(item.info, 'InvalidParameter.TokenInvalid');
    return this.#give(item.info, { mode: 'auth', grant: { UploadAuth: uploadAuth } });
  }

  /** After onUploadTokenExpired, with keys of the object store. */
  resumeUploadWithToken(
    accessKeyId: string,
    accessKeySecret: string,
    securityToken: string,
    expireTime?: string | number,
  ): boolean {
    if (!this.#expired() || !accessKeyId || !accessKeySecret || !securityToken) return false;
    const now = this.#platform.clock.now();
    return this.resumeUploadWithAuth(rawUploadAuth(accessKeyId, accessKeySecret, securityToken, expireTime, now));
  }

  /** After onUploadTokenExpired, with a new STS token. */
  resumeUploadWithSTSToken(
    accessKeyId: string,
    accessKeySecret: string,
    securityToken: string,
    expireTime?: string,
  ): boolean {
    const item = this.#expired();
    return item ? this.setSTSToken(item.info, accessKeyId, accessKeySecret, securityToken, expireTime) : false;
  }

  #newItem(info: UploadInfo): VodItem {
    const target = {
      ...(info._endpoint ? { endpoint: info._endpoint } : {}),
      ...(info._bucket ? { bucket: info._bucket } : {}),
      ...(info._object ? { key: info._object } : {}),
    };
    // The notification header hands paramData to the service. Reference: vod 1.10.
    const objectHeaders = info.userData ? [['x-oss-notification', info.userData] as const] : [];
    return new VodItem(this.#host, info, uploadOptionsOf(info.videoInfo), { target, objectHeaders });
  }

  async #add(item: VodItem, added: ((uploadInfo: UploadInfo) => void) | undefined): Promise<void> {
    try {
      await item.read();
    } catch (error) {
      this.#unreadable(item, error);
      return;
    }
    this.#call('addFileSuccess', item.info);
    this.#guard(() => added?.(item.info));
  }

  #unreadable(item: VodItem, error: unknown): void {
    const message = error instanceof Error && error.message ? error.message : MESSAGES.ReadFileError;
    if (this.#current === item) {
      this.#ended(item, { code: 'ReadFileError', message });
      return;
    }
    item.info.state = 'Failure';
    this.#call('onUploadFailed', item.info, 'ReadFileError', message);
  }

  #nextReady(): VodItem | undefined {
    return this.#items.find(({ info }) => info.state === 'Ready');
  }

  #start(item: VodItem): void {
    this.#current = item;
    void this.#announce(item);
  }

  /** Asks the page for a credential, once the file was read and its unfinished upload is known. */
  async #announce(item: VodItem): Promise<void> {
    const turn = {};
    this.#turn = turn;
    const over = () => this.#current !== item || this.#turn !== turn;
    await item.added;
    if (over()) return;
    try {
      // Once more when it could not be read before.
      await item.read();
    } catch (error) {
      if (!over()) this.#unreadable(item, error);
      return;
    }
    await item.lookUp();
    if (!over()) this.#call('onUploadstarted', item.info);
  }

  /** Gives up a file whose credential cannot be used, so that the queue does not stand still. */
  #refuse(uploadInfo: UploadInfo, code: LocalCode): false {
    const item = this.#current;
    if (item?.info === uploadInfo) {
      item.pause();
      this.#ended(item, { code, message: MESSAGES[code] });
    } else {
      this.#call('onUploadFailed', uploadInfo, code, MESSAGES[code]);
    }
    return false;
  }

  #give(uploadInfo: UploadInfo, credential: Credential): boolean {
    const item = this.#items.find(({ info }) => info === uploadInfo);
    // A credential for a file that waits, was stopped or failed starts it, unless another one runs.
    if (!item || (this.#current && this.#current !== item)) return false;
    if (uploadInfo.state === 'Success' || uploadInfo.state === 'Canceled') return false;
    this.#current = item;
    this.#state = 'Start';
    uploadInfo.state = 'Uploading';
    void item.give(credential).catch((error: unknown) => {
      this.#ended(item, { code: codeOf(error), message: error instanceof Error ? error.message : String(error) });
    });
    return true;
  }

  #expired(): VodItem | undefined {
    return this.#state === 'Expire' ? this.#current : undefined;
  }

  #expire(item: VodItem): void {
    if (this.#current !== item) return;
    if (!this.options.onUploadTokenExpired) {
      // Nobody will answer.
      item.pause();
      this.#ended(item, tokenExpired(item.info));
      return;
    }
    this.#state = 'Expire';
    item.info.state = 'Failure';
    this.#call('onUploadTokenExpired', item.info, tokenExpired(item.info));
  }

  #progress(item: VodItem, total: number, fraction: number): void {
    if (this.#current !== item) return;
    item.info.loaded = fraction;
    this.#call('onUploadProgress', item.info, total, fraction);
  }

  #ended(item: VodItem, error: Pick<VodNotice, 'code' | 'message'> | undefined): void {
    if (this.#current !== item) return;
    this.#current = undefined;
    void this.#known.refresh();
    if (error) {
      this.#failed(item, { code: documentedCode(error.code, item.info), message: error.message });
      return;
    }
    // The last parts may go through while the page still fetches another credential.
    if (this.#state === 'Expire') this.#state = 'Start';
    item.info.state = 'Success';
    item.info.loaded = 1;
    item.info.checkpoint = undefined;
    this.#call('onUploadSucceed', item.info);
    if (this.#nextReady()) this.nextUpload();
    // A page may add the next file when it hears of this one.
    else this.#platform.clock.setTimeout(() => this.nextUpload(), PAUSE);
  }

  /** The queue goes on a moment later, unless the page did something else meanwhile. */
  #failed(item: VodItem, { code, message }: Pick<VodNotice, 'code' | 'message'>): void {
    item.info.state = 'Failure';
    this.#state = 'Failure';
    this.#call('onUploadFailed', item.info, code, message);
    if (this.#state !== 'Failure' || !this.#nextReady()) return;
    this.#state = 'Start';
    this.#platform.clock.setTimeout(() => this.nextUpload(), PAUSE);
  }

  #cancel(item: VodItem): void {
    const { info } = item;
    if (info.state === 'Success' || info.state === 'Canceled') return;
    info.state = 'Canceled';
    void item.cancel().then(() => this.#known.refresh());
    if (this.#current !== item) return;
    this.#current = undefined;
    if (this.#state === 'Expire') this.#state = 'Start';
    this.#tellCanceled(item);
    // After what was told of this one.
    queueMicrotask(() => this.nextUpload());
  }

  /** In its own turn, as a request that was cut off tells its end. */
  #tellCanceled(item: VodItem): void {
    queueMicrotask(() => {
      this.#call('onUploadCanceled', item.info, CANCELED);
    });
    this.#platform.clock.setTimeout(() => void this.#known.refresh(), SETTLING);
  }

  #remove(item: VodItem): void {
    const index = this.#items.indexOf(item);
    this.#items.splice(index, 1);
    this.#infos.splice(index, 1);
  }

  #call<Name extends keyof VodCallbacks>(name: Name, ...args: Parameters<NonNullable<VodCallbacks[Name]>>): void {
    this.#guard(() => (this.options[name] as ((...values: unknown[]) => void) | null | undefined)?.(...args));
  }

  /** What a page's function throws is reported, and stops nothing. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#platform.reportError(error);
    }
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'UploadFailed';
