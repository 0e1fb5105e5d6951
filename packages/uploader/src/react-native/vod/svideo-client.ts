import type { Platform } from '../../ports.js';
import type { NativeFile } from '../file-port.js';
import type { VODUploadCallback } from './callback.js';
import { missing, required, VODErrorCode } from './errors.js';
import { VodHttpClientConfig } from './http-client-config.js';
import type { VodSessionCreateInfo } from './session-create-info.js';
import type { UploadFileInfo, VodUploadResult } from './upload-file-info.js';
import { VODUploadClientImpl, type VodClientSetup } from './vod-upload-client.js';

/** Android. */
export interface VODSVideoUploadCallback {
  onUploadSucceed?(videoId: string, imageUrl: string): void;
  onUploadFailed?(code: string, message: string): void;
  /** Bytes of image and video together. */
  onUploadProgress?(uploadedSize: number, totalSize: number): void;
  /** Get a new token and call `refreshSTSToken`. The spelling is that of the SDK. */
  onSTSTokenExpried?(): void;
  onUploadRetry?(code: string, message: string): void;
  onUploadRetryResume?(): void;
}

/**
 * `VODSVideoUploadClientImpl` of the Upload SDK for Android: a short video with its cover, STS mode. The image goes first,
 * then the video, which carries the image's address as CoverURL. One pair at a time.
 */
export class VODSVideoUploadClientImpl {
  readonly #setup: VodClientSetup;
  readonly #adapters: Partial<Platform<NativeFile>>;
  #client: VODUploadClientImpl | undefined;
  #region: string | undefined;
  #recordUploadProgress = true;

  /** @param adapters what to run on in place of React Native */
  constructor(setup: VodClientSetup, adapters: Partial<Platform<NativeFile>> = {}) {
    this.#setup = setup;
    this.#adapters = adapters;
  }

  init(): void {}

  setRegion(region: string): void {
    this.#region = region;
  }
  setRecordUploadProgressEnabled(enabled: boolean): void {
    this.#recordUploadProgress = enabled;
  }
  /** Accepted, without effect: nothing is ever reported. */
  setReportEnabled(_enabled: boolean): void {}
  /** Accepted, without effect. */
  setAppVersion(_appVersion: string): void {}

  /** Ends a pair that is still on its way. @throws VODClientException `MissingArgument`, `InvalidArgument` */
  uploadWithVideoAndImg(info: VodSessionCreateInfo, callback: VODSVideoUploadCallback): void {
    const { accessKeyId, accessKeySecret, securityToken, expriedTime, videoPath, imagePath } = info;
    required({ accessKeyId, accessKeySecret, securityToken, expriedTime, videoPath, imagePath });
    if (!callback) throw missing('callback');
    this.cancel();
    const client = this.#newClient(info);
    client.init(accessKeyId, accessKeySecret, securityToken, expriedTime, this.#steps(client, info, callback));
    client.addFile(imagePath, { ...info.svideoInfo, userData: undefined, imageType: 'cover' });
    this.#client = client;
    client.start();
  }

  /** After `onSTSTokenExpried`, or before. @throws VODClientException `MissingArgument` */
  refreshSTSToken(accessKeyId: string, accessKeySecret: string, securityToken: string, expriedTime: string): void {
    required({ accessKeyId, accessKeySecret, securityToken, expriedTime });
    this.#client?.resumeWithToken(accessKeyId, accessKeySecret, securityToken, expriedTime);
  }

  pause(): void {
    this.#client?.pause();
  }
  resume(): void {
    this.#client?.resume();
  }
  /** Stops for good; what the server has is kept for the same files while records are enabled. */
  cancel(): void {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    client.stop();
    for (const index of client.listFiles().keys()) client.cancelFile(index);
  }
  release(): void {
    this.cancel();
  }

  #newClient(info: VodSessionCreateInfo): VODUploadClientImpl {
    const client = new VODUploadClientImpl(this.#setup, this.#adapters);
    if (this.#region) client.setRegion(this.#region);
    client.setPartSize(info.partSize ?? 0);
    client.setTranscodeMode(info.isTranscode ?? true);
    client.setRecordUploadProgressEnabled(this.#recordUploadProgress);
    if (info.vodHttpClientConfig) client.setVodHttpClientConfig(info.vodHttpClientConfig);
    client.templateGroupId = info.templateGroupId;
    client.storageLocation = info.storageLocation;
    client.appId = info.appId;
    client.workflowId = info.workFlowId;
    return client;
  }

  #steps(
    client: VODUploadClientImpl,
    info: VodSessionCreateInfo,
    callback: VODSVideoUploadCallback,
  ): Partial<VODUploadCallback> {
    let imageSize = 0;
    let imageUrl = '';
    const isImage = (file: UploadFileInfo) => client.listFiles()[0] === file;
    return {
      onUploadSucceed: (file: UploadFileInfo, result: VodUploadResult) => {
        if (!isImage(file)) {
          callback.onUploadSucceed?.(result.videoid ?? '', imageUrl);
          return;
        }
        imageSize = file.totalSize;
        imageUrl = result.imageUrl ?? '';
        client.addFile(info.videoPath, { ...info.svideoInfo, coverUrl: imageUrl });
      },
      onUploadFailed: (_file, code, message) => callback.onUploadFailed?.(code, message),
      // The size of the video is not known before its turn: the total grows then.
      onUploadProgress: (file, uploaded, total) =>
        isImage(file)
          ? callback.onUploadProgress?.(uploaded, total)
          : callback.onUploadProgress?.(imageSize + uploaded, imageSize + total),
      onUploadTokenExpired: () => callback.onSTSTokenExpried?.(),
      onUploadRetry: (code, message) => callback.onUploadRetry?.(code, message),
      onUploadRetryResume: () => callback.onUploadRetryResume?.(),
    };
  }
}

/** iOS. */
export interface VODUploadSVideoClientDelegate {
  uploadSuccessWithResult?(result: VodUploadResult): void;
  uploadFailedWithCode?(code: string, message: string): void;
  uploadProgressWithUploadedSize?(uploadedSize: number, totalSize: number): void;
  uploadTokenExpired?(): void;
  uploadRetry?(): void;
  uploadRetryResume?(): void;
}

/** `VODUploadSVideoClient` of the Upload SDK for iOS. */
export class VODUploadSVideoClient {
  delegate: VODUploadSVideoClientDelegate | undefined;
  transcode = true;
  maxRetryCount: number | undefined;
  /** Seconds. */
  timeoutIntervalForRequest: number | undefined;
  /** Accepted, without effect. */
  recordDirectoryPath = '';
  recordUploadProgress = true;
  uploadPartSize: number | undefined;
  region: string | undefined;
  appId: string | undefined;
  workflowId: string | undefined;
  templateGroupId: string | undefined;
  storageLocation: string | undefined;
  readonly #client: VODSVideoUploadClientImpl;

  constructor(setup: VodClientSetup, adapters: Partial<Platform<NativeFile>> = {}) {
    this.#client = new VODSVideoUploadClientImpl(setup, adapters);
  }

  /** @returns whether it was begun */
  uploadWithVideoPath(
    videoPath: string,
    imagePath: string,
    svideoInfo: VodSessionCreateInfo['svideoInfo'],
    accessKeyId: string,
    accessKeySecret: string,
    accessToken: string,
    expireTime?: string,
  ): boolean {
    if (this.region) this.#client.setRegion(this.region);
    this.#client.setRecordUploadProgressEnabled(this.recordUploadProgress);
    try {
      this.#client.uploadWithVideoAndImg(
        {
          videoPath,
          imagePath,
          svideoInfo,
          accessKeyId,
          accessKeySecret,
          securityToken: accessToken,
          // iOS is not told when it ends: the token is renewed when it is refused.
          expriedTime: expireTime ?? 'unknown',
          isTranscode: this.transcode,
          partSize: this.uploadPartSize,
          templateGroupId: this.templateGroupId,
          storageLocation: this.storageLocation,
          appId: this.appId,
          workFlowId: this.workflowId,
          vodHttpClientConfig: this.#httpConfig(),
        },
        this.#callback(),
      );
      return true;
    } catch (error) {
      const { code = VODErrorCode.INVALID_ARGUMENT, message } = error as { code?: string; message: string };
      this.delegate?.uploadFailedWithCode?.(code, message);
      return false;
    }
  }

  refreshWithAccessKeyId(accessKeyId: string, accessKeySecret: string, accessToken: string, expireTime: string): void {
    this.#client.refreshSTSToken(accessKeyId, accessKeySecret, accessToken, expireTime);
  }
  pause(): void {
    this.#client.pause();
  }
  resume(): void {
    this.#client.resume();
  }
  cancel(): void {
    this.#client.cancel();
  }

  #httpConfig(): VodHttpClientConfig {
    const timeout = (this.timeoutIntervalForRequest ?? 30) * 1000;
    return new VodHttpClientConfig(this.maxRetryCount, timeout, timeout);
  }

  #callback(): VODSVideoUploadCallback {
    return {
      onUploadSucceed: (videoId, imageUrl) =>
        this.delegate?.uploadSuccessWithResult?.({ videoId, videoid: videoId, imageUrl }),
      onUploadFailed: (code, message) => this.delegate?.uploadFailedWithCode?.(code, message),
      onUploadProgress: (uploaded, total) => this.delegate?.uploadProgressWithUploadedSize?.(uploaded, total),
      onSTSTokenExpried: () => this.delegate?.uploadTokenExpired?.(),
      onUploadRetry: () => this.delegate?.uploadRetry?.(),
      onUploadRetryResume: () => this.delegate?.uploadRetryResume?.(),
    };
  }
}
