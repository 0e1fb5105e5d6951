import { decodeUploadAddress, decodeUploadAuth, encodeUploadAddress } from '@sluice/wire';
import type { UploaderOptions } from '../api.js';
import { browserPlatform } from '../browser/platform.js';
import { checkPartSize } from '../core/layout.js';
import { resolveOptions } from '../core/resolve-options.js';
import type { Platform } from '../ports.js';
import { createInfo, fileName, prepareInfo } from './create-info.js';
import { type Credential, rawUploadAuth } from './credential.js';
import { uploadOptionsOf } from './param-data.js';
import type { UploadInfo, VodCheckpoint, VodState } from './upload-info.js';
import { VodItem } from './vod-item.js';
import { VOD_DEFAULTS, type VodAdapters, type VodCallbacks, type VodNotice, type VodOptions } from './vod-options.js';

const PAUSE_AFTER_FAILURE = 100;

const MESSAGES = {
  FileDuplication: 'The file is in the list already.',
  ReadFileError: 'The file could not be read.',
  EmptyFile: 'The file is empty.',
  'InvalidParameter.EmptyValue': 'A parameter is empty.',
  'InvalidParameter.TokenInvalid': 'The UploadAuth or UploadAddress is not base64 of the expected JSON.',
} as const;

type LocalCode = keyof typeof MESSAGES;

/**
 * `AliyunUpload.Vod` of the Upload SDK for JavaScript 1.5, on the core of this package. Files go one after another.
 * Reference: vod 1.
 */
export class Vod {
  readonly options: VodOptions;
  readonly #platform: Platform<Blob>;
  readonly #transfer: UploaderOptions<Blob>;
  #items: VodItem[] = [];
  #preparing: Promise<void> = Promise.resolve();
  #current: VodItem | undefined;
  #state: VodState = 'Init';

  /**
   * @param adapters what to run on in place of the browser
   * @throws UploadError `InvalidOption`
   */
  constructor(options: VodOptions, adapters: VodAdapters = {}) {
    this.options = options;
    const { reopen: _, ...platform } = browserPlatform();
    this.#platform = { ...platform, ...adapters };
    const { partSize, parallel, retryCount, retryDuration, timeout } = { ...VOD_DEFAULTS, ...defined(options) };
    checkPartSize(partSize);
    this.#transfer = {
      endpoint: options.endpoint,
      region: options.region,
      cname: options.cname,
      partSize,
      parallel,
      parallelFiles: 1,
      retryCount,
      retryDelay: Math.round(retryDuration * 1000),
      timeout,
    };
    resolveOptions({ ...this.#transfer, auth: () => Promise.reject(new Error('unused')) }, {}, 1);
  }

  /** `Init`, `Start`, `Stop`, `Failure`, `Expire` or `End`. */
  get state(): VodState {
    return this.#state;
  }

  /**
   * @param endpoint normally null, as `bucket` and `object`: then what the server answers counts
   * @param paramData JSON text with one key `Vod`; may be left out
   * @param callback called when the file is ready to be started, after addFileSuccess
   * @returns whether the file was taken; if not, onUploadFailed told why
   */
  addFile(
    file: Blob,
    endpoint?: string | null,
    bucket?: string | null,
    object?: string | null,
    paramData?: string | null,
    callback?: ((uploadInfo: UploadInfo) => void) | null,
  ): boolean {
    const region = this.options.region ?? 'cn-shanghai';
    const info = createInfo({ file, endpoint, bucket, object, paramData }, region, this.#platform.random);
    const refusal = this.#refusalOf(file);
    if (refusal) {
      info.state = 'Failure';
      this.#call('onUploadFailed', info, refusal, MESSAGES[refusal]);
      return false;
    }
    const item = this.#newItem(info);
    this.#items.push(item);
    // One after another: callbacks come in the order of the list, and many files do not open all at once.
    this.#preparing = this.#preparing.then(() => this.#prepare(item, callback ?? undefined));
    item.prepared = this.#preparing;
    return true;
  }

  deleteFile(index: number): boolean {
    const item = this.#items[index];
    if (!item) return false;
    this.#items.splice(index, 1);
    this.#drop(item);
    return true;
  }

  /** Drops the checkpoint and the unfinished upload on the server; the queue goes on. */
  cancelFile(index: number): boolean {
    const item = this.#items[index];
    if (!item || item.info.state === 'Success' || item.info.state === 'Canceled') return false;
    item.info.state = 'Canceled';
    this.#drop(item);
    this.#call('onUploadCanceled', item.info, CANCELED);
    return true;
  }

  /** A canceled file is ready again. */
  resumeFile(index: number): boolean {
    const item = this.#items[index];
    if (item?.info.state !== 'Canceled') return false;
    item.info.state = 'Ready';
    return true;
  }

  listFiles(): UploadInfo[] {
    return this.#items.map((item) => item.info);
  }

  cleanList(): void {
    this.stopUpload();
    this.#items = [];
    this.#current = undefined;
  }

  /** Ignored while running or waiting for a credential. Files that failed or were stopped are tried again. */
  startUpload(): void {
    if (this.#state === 'Start' || this.#state === 'Expire') return;
    for (const { info } of this.#items) {
      if (info.state === 'Failure' || info.state === 'Stoped') info.state = 'Ready';
    }
    this.nextUpload();
  }

  /** Stops the current file; startUpload goes on with it. */
  stopUpload(): void {
    if (this.#state !== 'Start' && this.#state !== 'Expire') return;
    const item = this.#current;
    this.#state = 'Stop';
    this.#current = undefined;
    if (!item) return;
    item.info.state = 'Stoped';
    item.pause();
    this.#call('onUploadCanceled', item.info, CANCELED);
  }

  /** Begins the next file that is ready, if none is running. */
  nextUpload(): void {
    if (this.#current) return;
    const item = this.#items.find(({ info }) => info.state === 'Ready');
    if (!item) {
      this.#state = 'End';
      this.#call('onUploadEnd', this.#items.at(-1)?.info);
      return;
    }
    this.#state = 'Start';
    this.#current = item;
    item.info.state = 'Uploading';
    void item.prepared.then(() => {
      if (this.#current === item) this.#call('onUploadstarted', item.info);
    });
  }

  /** The unfinished upload of a file that was added; `undefined` when there is none. */
  getCheckpoint(file: Blob): VodCheckpoint | undefined {
    return this.#items.find((item) => sameFile(item.info.file, file))?.info.checkpoint;
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
    if (!item) return false;
    if (!uploadAuth) return this.#refuse(item.info, 'InvalidParameter.EmptyValue');
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
    const item = this.#expired();
    if (!item) return false;
    if (!accessKeyId || !accessKeySecret || !securityToken) {
      return this.#refuse(item.info, 'InvalidParameter.EmptyValue');
    }
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

  #refusalOf(file: Blob): LocalCode | undefined {
    if (!file) return 'InvalidParameter.EmptyValue';
    if (this.#items.some((item) => sameFile(item.info.file, file))) return 'FileDuplication';
    return file.size === 0 ? 'EmptyFile' : undefined;
  }

  #newItem(info: UploadInfo): VodItem {
    const target = {
      ...(info._endpoint ? { endpoint: info._endpoint } : {}),
      ...(info._bucket ? { bucket: info._bucket } : {}),
      ...(info._object ? { key: info._object } : {}),
    };
    const host = {
      platform: this.#platform,
      options: this.#transfer,
      expired: (item: VodItem) => this.#expire(item),
      progressed: (item: VodItem, total: number, fraction: number) => {
        if (this.#current !== item) return;
        item.info.loaded = fraction;
        this.#call('onUploadProgress', item.info, total, fraction);
      },
      ended: (item: VodItem, error: { code: string; message: string } | undefined) => this.#ended(item, error),
    };
    // The notification header hands paramData to the service. Reference: vod 1.10.
    const objectHeaders = info.userData ? [['x-oss-notification', info.userData] as const] : [];
    return new VodItem(host, info, uploadOptionsOf(info.videoInfo), { target, objectHeaders });
  }

  async #prepare(item: VodItem, added: ((uploadInfo: UploadInfo) => void) | undefined): Promise<void> {
    try {
      item.record = await prepareInfo(item.info, this.#platform);
    } catch (error) {
      item.info.state = 'Failure';
      const running = this.#current === item;
      this.#call(
        'onUploadFailed',
        item.info,
        'ReadFileError',
        error instanceof Error ? error.message : MESSAGES.ReadFileError,
      );
      if (running) this.#later(item);
      return;
    }
    this.#call('addFileSuccess', item.info);
    this.#guard(() => added?.(item.info));
  }

  /** Gives up a file whose credential cannot be used, so that the queue does not stand still. */
  #refuse(uploadInfo: UploadInfo, code: LocalCode): false {
    const item = this.#items.find(({ info }) => info === uploadInfo);
    if (item && this.#current === item) {
      item.pause();
      this.#ended(item, { code, message: MESSAGES[code] });
    } else {
      this.#call('onUploadFailed', uploadInfo, code, MESSAGES[code]);
    }
    return false;
  }

  #give(uploadInfo: UploadInfo, credential: Credential): boolean {
    const item = this.#items.find(({ info }) => info === uploadInfo);
    if (!item || item !== this.#current) return false;
    if (this.#state === 'Expire') this.#state = 'Start';
    void this.#begin(item, credential);
    return true;
  }

  async #begin(item: VodItem, credential: Credential): Promise<void> {
    const videoId = credential.mode === 'auth' ? credential.grant.VideoId : undefined;
    const { record } = item;
    item.record = undefined;
    if (record && videoId && videoId !== record.videoId) {
      // The application made a new media: parts of the old one must not be mixed in.
      item.info.checkpoint = undefined;
      item.info.videoId = videoId;
      await this.#platform.checkpoints()?.delete(record.fingerprint);
    }
    await item.give(credential);
  }

  #expired(): VodItem | undefined {
    return this.#state === 'Expire' ? this.#current : undefined;
  }

  #expire(item: VodItem): void {
    if (this.#current !== item) return;
    this.#state = 'Expire';
    this.#call('onUploadTokenExpired', item.info, TOKEN_EXPIRED);
  }

  #ended(item: VodItem, error: { code: string; message: string } | undefined): void {
    if (this.#current !== item) return;
    if (error) {
      item.info.state = 'Failure';
      this.#state = 'Failure';
      this.#call('onUploadFailed', item.info, error.code, error.message);
      this.#later(item);
      return;
    }
    item.info.state = 'Success';
    item.info.loaded = 1;
    item.info.checkpoint = undefined;
    this.#call('onUploadSucceed', item.info);
    if (this.#current === item) this.#current = undefined;
    if (this.#state !== 'Stop') this.nextUpload();
  }

  /** The queue goes on a moment after a failure, unless it was stopped or restarted meanwhile. */
  #later(item: VodItem): void {
    if (this.#current === item) this.#current = undefined;
    this.#state = 'Failure';
    this.#platform.clock.setTimeout(() => {
      if (this.#state === 'Failure') this.nextUpload();
    }, PAUSE_AFTER_FAILURE);
  }

  #drop(item: VodItem): void {
    void item.cancel();
    if (this.#current !== item) return;
    this.#current = undefined;
    // In its own turn, so that onUploadCanceled comes before what the next file tells.
    queueMicrotask(() => {
      if (this.#state === 'Start' || this.#state === 'Expire') this.nextUpload();
    });
  }

  #call<Name extends keyof VodCallbacks>(name: Name, ...args: Parameters<NonNullable<VodCallbacks[Name]>>): void {
    this.#guard(() => (this.options[name] as ((...values: unknown[]) => void) | undefined)?.(...args));
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

const CANCELED: VodNotice = { code: 'Canceled', message: 'The upload was stopped by the page.' };
const TOKEN_EXPIRED: VodNotice = {
  code: 'SecurityTokenExpired',
  message: 'The credential ended: get a new one and call one of the resume methods.',
};

function defined(options: VodOptions): { [Name in keyof typeof VOD_DEFAULTS]?: number } {
  const names = Object.keys(VOD_DEFAULTS) as (keyof typeof VOD_DEFAULTS)[];
  return Object.fromEntries(names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
}

function sameFile(a: Blob, b: Blob): boolean {
  if (a === b) return true;
  const time = (file: Blob) => ('lastModified' in file ? file.lastModified : undefined);
  return fileName(a) !== '' && fileName(a) === fileName(b) && a.size === b.size && time(a) === time(b);
}
