import { decodeUploadAddress, decodeUploadAuth, encodeUploadAddress } from '@sluice/wire';
import { rawUploadAuth } from '../../aliyun-upload/credential.js';
import type { StsCredentials, UploaderOptions } from '../../api.js';
import type { UploadError } from '../../core/upload-error.js';
import type { Platform } from '../../ports.js';
import type { NativeFile } from '../file-port.js';
import { type NativeAdapters, reactNativePlatform } from '../platform.js';
import { type AnyCallback, callbackOf, type VODUploadCallback } from './callback.js';
import { missing, mobileCode, required, VODClientException, VODErrorCode } from './errors.js';
import { expiration } from './expire-time.js';
import { VodHttpClientConfig } from './http-client-config.js';
import { clientStatusOf, UploadStateType, VODStatus, VodUploadStateType } from './states.js';
import { UploadFileInfo } from './upload-file-info.js';
import type { ClientMeta, VodInfoFields } from './vod-info.js';
import { type Credential, type ItemHost, VodItem } from './vod-item.js';

/** In place of the Android `Context`. */
export interface VodClientSetup extends NativeAdapters {
  /** URL of the VOD service, e.g. `https://vod.example.com`. Wins over `setRegion`. */
  readonly endpoint?: string | undefined;
}

const LEAST_PART = 102_400;

/**
 * `VODUploadClientImpl` of the Upload SDK for Android and `VODUploadClient` of that for iOS in one class, on the core of
 * this package: names, states and order of callbacks are theirs. Files go one after another. Reference: vod 2, 3.
 */
export class VODUploadClientImpl {
  /** iOS. */
  transcode = true;
  /** iOS: failures in a row of one call or part. */
  maxRetryCount = new VodHttpClientConfig().maxRetryCount;
  /** iOS: seconds without any byte moving. */
  timeoutIntervalForRequest = 30;
  /** iOS; accepted, without effect: records are kept in `storage`. */
  recordDirectoryPath = '';
  /** iOS: unfinished uploads are remembered. */
  recordUploadProgress = true;
  /** iOS: bytes, at least 102 400. */
  uploadPartSize = 1024 * 1024;
  /** Accepted, without effect: nothing is ever reported. */
  reportEnabled = true;
  region: string | undefined;
  appId: string | undefined;
  workflowId: string | undefined;
  storageLocation: string | undefined;
  templateGroupId: string | undefined;
  requestId = '';
  readonly #setup: VodClientSetup;
  readonly #platform: Platform<NativeFile>;
  readonly #host: ItemHost;
  #callback: Partial<VODUploadCallback> | undefined;
  #mode: 'auth' | 'key' | 'sts' = 'auth';
  #token: StsCredentials | undefined;
  /** The token that was not enough any more. */
  #spent: StsCredentials | undefined;
  #items: VodItem[] = [];
  #current: VodItem | undefined;
  /** The last that failed: a new credential tries it again. */
  #failed: VodItem | undefined;
  #status: VodUploadStateType = VodUploadStateType.INIT;

  /** @param adapters what to run on in place of React Native */
  constructor(setup: VodClientSetup, adapters: Partial<Platform<NativeFile>> = {}) {
    this.#setup = setup;
    this.#platform = { ...reactNativePlatform(setup), ...adapters };
    this.#host = this.#makeHost();
  }

  /** Credential mode. @throws VODClientException `MissingArgument` */
  init(callback: AnyCallback): void;
  /** Long-lived access keys: see {@link VODUploadClientImpl.start}. */
  init(accessKeyId: string, accessKeySecret: string, callback: AnyCallback): void;
  /** STS mode. @param expireTime ISO 8601 */
  init(
    accessKeyId: string,
    accessKeySecret: string,
    secretToken: string,
    expireTime: string,
    callback: AnyCallback,
  ): void;
  init(...args: unknown[]): void {
    const callback = args[args.length - 1] as AnyCallback | undefined;
    if (args.length > 1) required({ accessKeyId: args[0], accessKeySecret: args[1] });
    if (args.length > 3) required({ secretToken: args[2], expireTime: args[3] });
    if (!callback || typeof callback !== 'object') throw missing('callback');
    this.#callback = callbackOf(callback);
    this.#mode = args.length > 3 ? 'sts' : args.length > 1 ? 'key' : 'auth';
    this.#token = this.#mode === 'sts' ? this.#tokenOf(args as string[]) : undefined;
    this.#status = VodUploadStateType.INIT;
  }

  /** iOS, credential mode. @returns whether it was taken */
  setListener(listener: AnyCallback): boolean {
    return tried(() => this.init(listener));
  }

  /** iOS, STS mode (access key mode without token and time). @returns whether it was taken */
  setKeyId(accessKeyId: string, accessKeySecret: string, listener: AnyCallback): boolean;
  setKeyId(
    accessKeyId: string,
    accessKeySecret: string,
    secretToken: string,
    expireTime: string,
    listener: AnyCallback,
  ): boolean;
  setKeyId(...args: unknown[]): boolean {
    return tried(() => this.init(...(args as [string, string, string, string, AnyCallback])));
  }

  setRegion(region: string): void {
    this.region = region;
  }
  /** @param partSize bytes, at least 102 400 @throws VODClientException `InvalidArgument` */
  setPartSize(partSize: number): void {
    if (partSize !== 0 && !(partSize >= LEAST_PART)) {
      throw new VODClientException(VODErrorCode.INVALID_ARGUMENT, `partSize must be at least ${LEAST_PART}`);
    }
    this.uploadPartSize = partSize || 1024 * 1024;
  }
  setTranscodeMode(transcode: boolean): void {
    this.transcode = transcode;
  }
  setStorageLocation(storageLocation: string): void {
    this.storageLocation = storageLocation;
  }
  setTemplateGroupId(templateGroupId: string): void {
    this.templateGroupId = templateGroupId;
  }
  setWorkflowId(workflowId: string): void {
    this.workflowId = workflowId;
  }
  setAppId(appId: string): void {
    this.appId = appId;
  }
  setVodHttpClientConfig(config: VodHttpClientConfig): void {
    this.maxRetryCount = config.maxRetryCount;
    this.timeoutIntervalForRequest = config.socketTimeout / 1000;
  }
  setRecordUploadProgressEnabled(enabled: boolean): void {
    this.recordUploadProgress = enabled;
  }
  setReportEnabled(enabled: boolean): void {
    this.reportEnabled = enabled;
  }

  /**
   * @param filePath a path, a `file://` or a `content://` URI
   * @throws VODClientException `MissingArgument`
   */
  addFile(filePath: string, vodInfo?: VodInfoFields): boolean;
  /** Straight to the object store with the token of `init`; VOD is not asked. */
  addFile(filePath: string, endpoint: string, bucket: string, object: string, vodInfo?: VodInfoFields): boolean;
  addFile(filePath: string, ...rest: unknown[]): boolean {
    required({ localFilePath: filePath });
    if (Array.isArray(rest[1])) {
      throw new VODClientException(VODErrorCode.INVALID_ARGUMENT, 'Files that still grow cannot be uploaded here');
    }
    const direct = rest.length > 1;
    const [endpoint, bucket, object] = direct ? (rest as string[]) : [];
    if (direct) required({ endpoint, bucket, object });
    const info = new UploadFileInfo(filePath, (direct ? rest[3] : rest[0]) as VodInfoFields | undefined);
    info.endpoint = endpoint;
    info.bucket = bucket;
    info.object = object;
    this.#items.push(new VodItem(this.#host, info, direct));
    return true;
  }

  /** Stops it and removes what the server has of it; the list goes on. @throws VODClientException `InvalidArgument` */
  deleteFile(index: number): boolean {
    const item = this.#at(index);
    this.#items.splice(index, 1);
    item.info.status = UploadStateType.DELETED;
    this.#leave(item, true);
    return true;
  }

  clearFiles(): boolean {
    const items = this.#items;
    this.#items = [];
    this.#current = undefined;
    this.#failed = undefined;
    this.#status = VodUploadStateType.INIT;
    for (const item of items) this.#leave(item, true);
    return true;
  }

  listFiles(): UploadFileInfo[] {
    return this.#items.map((item) => item.info);
  }

  /**
   * Stays in the list and can be resumed. What the server has is kept while `recordUploadProgress` is on.
   * @throws VODClientException `InvalidArgument`
   */
  cancelFile(index: number): boolean {
    const item = this.#at(index);
    const { status } = item.info;
    if (status === UploadStateType.CANCELED || status === UploadStateType.SUCCESS) return false;
    item.info.status = UploadStateType.CANCELED;
    this.#leave(item, !this.recordUploadProgress);
    return true;
  }

  /** A canceled or failed file is ready again. @throws VODClientException `InvalidArgument` */
  resumeFile(index: number): boolean {
    const item = this.#at(index);
    const { status } = item.info;
    if (status !== UploadStateType.CANCELED && status !== UploadStateType.FAIlURE) return false;
    item.info.status = UploadStateType.INIT;
    if (this.#failed === item) this.#failed = undefined;
    if (this.#status === VodUploadStateType.FINISHED) this.#status = VodUploadStateType.STARTED;
    if (this.#running && !this.#current) this.#next();
    return true;
  }

  /** Begins with the first file that is ready; after a failure too, with the next. */
  start(): boolean {
    if (!this.#callback || this.#running || this.#status === VodUploadStateType.PAUSED) return false;
    this.#status = VodUploadStateType.STARTED;
    this.#next();
    return true;
  }

  /** The current file is ready again; `start` goes on with it where it was. */
  stop(): boolean {
    if (!this.#running && this.#status !== VodUploadStateType.PAUSED) return false;
    this.#status = VodUploadStateType.STOPED;
    const item = this.#current;
    this.#current = undefined;
    if (item) {
      item.info.status = UploadStateType.INIT;
      item.pause();
    }
    return true;
  }

  pause(): boolean {
    if (!this.#running || !this.#current) return false;
    this.#status = VodUploadStateType.PAUSED;
    this.#current.info.status = UploadStateType.PAUSED;
    this.#current.pause();
    return true;
  }

  /** Not after an expired credential: that takes `resumeWithToken` or `resumeWithAuth`. */
  resume(): boolean {
    if (this.#status !== VodUploadStateType.PAUSED || this.#current?.waits) return false;
    this.#status = VodUploadStateType.STARTED;
    if (this.#current) this.#goOn(this.#current);
    else this.#next();
    return true;
  }

  getStatus(): VodUploadStateType {
    return this.#status;
  }

  /** iOS: `VODStatus`. */
  get status(): VODStatus {
    return this.#status === VodUploadStateType.PAUSED && this.#current?.waits
      ? VODStatus.Expire
      : clientStatusOf(this.#status);
  }

  /**
   * Credential mode, in `onUploadStarted` or later.
   * @throws VODClientException `MissingArgument` (also for text that cannot be read), `InvalidArgument`
   */
  setUploadAuthAndAddress(info: UploadFileInfo, uploadAuth: string, uploadAddress: string): boolean {
    required({ uploadFileInfo: info, uploadAuth, uploadAddress });
    checkAuth(uploadAuth);
    const address = decodeUploadAddress(uploadAddress);
    if (!address) throw unreadable('uploadAddress');
    const item = this.#items.find((one) => one.info === info);
    if (!item) throw new VODClientException(VODErrorCode.INVALID_ARGUMENT, 'uploadFileInfo is not in the list');
    info.endpoint = address.Endpoint;
    info.bucket = address.Bucket;
    info.object = address.FileName;
    this.#give(item, { mode: 'auth', grant: { UploadAuth: uploadAuth, UploadAddress: uploadAddress } });
    return true;
  }

  /**
   * After `onUploadTokenExpired`, with the UploadAuth of RefreshUploadVideo.
   * @throws VODClientException `MissingArgument`; `InvalidArgument` in STS mode, where this client refreshes it itself
   */
  resumeWithAuth(uploadAuth: string): boolean {
    required({ uploadAuth });
    checkAuth(uploadAuth);
    const item = this.#current ?? this.#failed;
    // The file that waited was canceled meanwhile: on with the next.
    if (!item) return this.resume();
    if (this.#mode === 'sts' && !item.direct) {
      throw new VODClientException(VODErrorCode.INVALID_ARGUMENT, 'STS mode goes on with resumeWithToken');
    }
    this.#give(item, { mode: 'auth', grant: { UploadAuth: uploadAuth } });
    return true;
  }

  /**
   * After `onUploadTokenExpired`: in STS mode a new STS token (before it ended, too), else keys of the object store.
   * @throws VODClientException `MissingArgument`
   */
  resumeWithToken(accessKeyId: string, accessKeySecret: string, secretToken: string, expireTime: string): boolean {
    required({ accessKeyId, accessKeySecret, secretToken, expireTime });
    const token = this.#tokenOf([accessKeyId, accessKeySecret, secretToken, expireTime]);
    if (this.#mode === 'sts') this.#token = token;
    const item = this.#current ?? this.#failed;
    if (!item) return this.resume();
    this.#give(item, this.#credentialOf(item, token));
    return true;
  }

  get #running(): boolean {
    return this.#status === VodUploadStateType.STARTED || this.#status === VodUploadStateType.GETVODAUTH;
  }

  #at(index: number): VodItem {
    const item = this.#items[index];
    if (item) return item;
    throw new VODClientException(VODErrorCode.INVALID_ARGUMENT, 'index out of range');
  }

  #tokenOf([accessKeyId = '', accessKeySecret = '', securityToken = '', expireTime = '']: string[]): StsCredentials {
    const end = expiration(expireTime, this.#platform.clock.now());
    return { accessKeyId, accessKeySecret, securityToken, expiration: end };
  }

  #keysOf({ accessKeyId, accessKeySecret, securityToken, expiration: end }: StsCredentials): Credential {
    const now = this.#platform.clock.now();
    const auth = rawUploadAuth(accessKeyId, accessKeySecret, securityToken, end as number | undefined, now);
    return { mode: 'auth', grant: { UploadAuth: auth } };
  }

  #credentialOf(item: VodItem, token: StsCredentials): Credential {
    return this.#mode === 'sts' && !item.direct ? { mode: 'sts', token } : this.#keysOf(token);
  }

  #next(): void {
    if (this.#current || !this.#running) return;
    const item = this.#items.find(({ info }) => info.status === UploadStateType.INIT);
    if (!item) {
      this.#status = VodUploadStateType.FINISHED;
      return;
    }
    this.#current = item;
    this.#failed = undefined;
    if (this.#mode === 'sts' && !item.direct) this.#status = VodUploadStateType.GETVODAUTH;
    this.#call('onUploadStarted', item.info);
    // The callback may have stopped it, or given the credential already.
    if (this.#current !== item || item.info.status !== UploadStateType.INIT) return;
    if (item.begun) this.#goOn(item);
    else if (item.kept) this.#give(item, item.kept);
    else if (this.#mode === 'sts') this.#give(item, this.#first(item));
    else if (this.#mode === 'key') this.#refuseKeys(item);
  }

  #first({ direct, info }: VodItem): Credential {
    const token = this.#token as StsCredentials;
    if (!direct) return { mode: 'sts', token };
    const { endpoint = '', bucket = '', object = '' } = info;
    const UploadAddress = encodeUploadAddress({ Endpoint: endpoint, Bucket: bucket, FileName: object });
    const { grant } = this.#keysOf(token) as Credential & { mode: 'auth' };
    return { mode: 'auth', grant: { ...grant, UploadAddress } };
  }

  // A key that cannot end does not belong on a phone, and the store is not asked without a token.
  #refuseKeys(item: VodItem): void {
    const message = 'Long-lived access keys are not accepted: use an STS token or an UploadAuth';
    this.#fail(item, VODErrorCode.PERMISSION_DENIED, message);
  }

  #give(item: VodItem, credential: Credential): void {
    // Given before its turn: kept until then.
    if (this.#current !== item && this.#failed !== item) {
      item.keep(credential);
      return;
    }
    const wasFailed = this.#failed === item;
    this.#failed = undefined;
    this.#current = item;
    if (wasFailed || this.#status === VodUploadStateType.PAUSED) this.#status = VodUploadStateType.STARTED;
    item.info.status = UploadStateType.UPLOADING;
    item.give(credential);
  }

  #goOn(item: VodItem): void {
    item.info.status = UploadStateType.UPLOADING;
    item.resume();
    if (!item.waits) return;
    // Stopped while it waited for a credential: there is another token since, or the application is asked again.
    const token = this.#token;
    if (token && token !== this.#spent) this.#give(item, this.#credentialOf(item, token));
    else this.#host.expired(item);
  }

  #leave(item: VodItem, abortUpload: boolean): void {
    void item.cancel(abortUpload);
    const at = this.#items.indexOf(item);
    // What was canceled begins anew when it is resumed.
    if (at >= 0) this.#items[at] = new VodItem(this.#host, item.info, item.direct);
    if (this.#failed === item) this.#failed = undefined;
    if (this.#current !== item) return;
    this.#current = undefined;
    if (this.#running) queueMicrotask(() => this.#next());
  }

  #fail(item: VodItem, code: string, message: string): void {
    item.info.status = UploadStateType.FAIlURE;
    this.#status = VodUploadStateType.FAIlURE;
    this.#current = undefined;
    this.#failed = item;
    this.#call('onUploadFailed', item.info, code, message);
  }

  #ended(item: VodItem, error: UploadError | undefined): void {
    if (this.#current !== item) return;
    if (error) {
      this.#fail(item, mobileCode(error.code), error.message);
      return;
    }
    item.info.status = UploadStateType.SUCCESS;
    this.#current = undefined;
    this.#call('onUploadSucceed', item.info, item.info.result);
    this.#next();
  }

  #makeHost(): ItemHost {
    const current = (item: VodItem) => this.#current === item;
    return {
      platform: this.#platform,
      options: () => this.#options(),
      meta: (): ClientMeta => ({
        storageLocation: this.storageLocation,
        templateGroupId: this.templateGroupId,
        workflowId: this.workflowId,
        appId: this.appId,
      }),
      // A template says itself what becomes of the video.
      vodParams: (info): Readonly<Record<string, string>> =>
        this.transcode || info.vodInfo.templateGroupId || this.templateGroupId ? {} : { TranscodeMode: 'NoTranscode' },
      started: (item) => {
        if (current(item) && this.#status === VodUploadStateType.GETVODAUTH) this.#status = VodUploadStateType.STARTED;
      },
      expired: (item) => {
        this.#spent = this.#token;
        if (!current(item)) return;
        if (this.#running) this.#status = VodUploadStateType.PAUSED;
        this.#call('onUploadTokenExpired');
      },
      progressed: (item) => {
        const { info } = item;
        if (current(item)) this.#call('onUploadProgress', info, info.uploadedSize, info.totalSize);
      },
      retrying: (item, error) => {
        if (!current(item)) return;
        const { code, message } = error as UploadError;
        this.#call('onUploadRetry', mobileCode(String(code)), String(message));
      },
      recovered: (item) => {
        if (current(item)) this.#call('onUploadRetryResume');
      },
      ended: (item, error) => this.#ended(item, error),
    };
  }

  #options(): UploaderOptions<NativeFile> {
    return {
      endpoint: this.#setup.endpoint,
      region: this.region,
      partSize: this.uploadPartSize,
      parallelFiles: 1,
      retryCount: this.maxRetryCount,
      retryDelay: 2000,
      timeout: Math.round(this.timeoutIntervalForRequest * 1000),
      ...(this.recordUploadProgress ? {} : { checkpoints: false as const }),
    };
  }

  /** What a callback throws is reported, and stops nothing. */
  #call<Name extends keyof VODUploadCallback>(name: Name, ...args: Parameters<VODUploadCallback[Name]>): void {
    try {
      const callback = this.#callback as Record<string, ((...values: unknown[]) => void) | undefined>;
      callback[name]?.(...args);
    } catch (error) {
      this.#platform.reportError(error);
    }
  }
}

const unreadable = (name: string) =>
  new VODClientException(VODErrorCode.MISSING_ARGUMENT, `The specified parameter "${name}" format is error`);

function checkAuth(uploadAuth: string): void {
  if (!decodeUploadAuth(uploadAuth)) throw unreadable('uploadAuth');
}

function tried(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
