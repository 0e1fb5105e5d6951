import { fileStatusOf, UploadStateType, type VODUploadFileStatus } from './states.js';
import type { VodInfoFields } from './vod-info.js';

/** What was stored, as `onUploadSucceed` tells it. */
export interface VodUploadResult {
  /** Set in STS mode only: in credential mode the server of the application knows it. */
  videoid?: string | undefined;
  /** iOS spelling. */
  videoId?: string | undefined;
  imageUrl?: string | undefined;
  /** Not in the mobile SDKs. */
  imageId?: string | undefined;
  bucket?: string | undefined;
  endpoint?: string | undefined;
}

/** One file of the list; the same object in every callback. */
export class UploadFileInfo {
  readonly filePath: string;
  readonly vodInfo: VodInfoFields;
  endpoint: string | undefined;
  bucket: string | undefined;
  object: string | undefined;
  status: UploadStateType = UploadStateType.INIT;
  result: VodUploadResult = {};
  /** Bytes acknowledged or on their way. */
  uploadedSize = 0;
  /** Bytes; 0 until the file was opened. */
  totalSize = 0;

  constructor(filePath: string, vodInfo: VodInfoFields = {}) {
    this.filePath = filePath;
    this.vodInfo = vodInfo;
  }

  /** iOS. */
  get state(): VODUploadFileStatus {
    return fileStatusOf(this.status);
  }
  /** iOS: 0 to 100. */
  get percent(): number {
    return this.totalSize > 0 ? Math.floor((this.uploadedSize / this.totalSize) * 100) : 0;
  }
  getFilePath(): string {
    return this.filePath;
  }
  getVodInfo(): VodInfoFields {
    return this.vodInfo;
  }
  getStatus(): UploadStateType {
    return this.status;
  }
  getEndpoint(): string | undefined {
    return this.endpoint;
  }
  getBucket(): string | undefined {
    return this.bucket;
  }
  getObject(): string | undefined {
    return this.object;
  }
}
