import type { UploadFileInfo, VodUploadResult } from './upload-file-info.js';

/** Android: extend it, or hand in an object with some of the methods. */
export abstract class VODUploadCallback {
  onUploadSucceed(_info: UploadFileInfo, _result: VodUploadResult): void {}
  onUploadFailed(_info: UploadFileInfo, _code: string, _message: string): void {}
  /** Bytes. */
  onUploadProgress(_info: UploadFileInfo, _uploadedSize: number, _totalSize: number): void {}
  /** Get a new credential and call `resumeWithToken` (STS) or `resumeWithAuth`. */
  onUploadTokenExpired(): void {}
  onUploadRetry(_code: string, _message: string): void {}
  onUploadRetryResume(): void {}
  /** Credential mode: call `setUploadAuthAndAddress`, now or later. */
  onUploadStarted(_info: UploadFileInfo): void {}
}

/** iOS: blocks as properties. */
export class VODUploadListener {
  finish?: (fileInfo: UploadFileInfo, result: VodUploadResult) => void;
  /** Deprecated there, in favour of `finish`; both are called. */
  success?: (fileInfo: UploadFileInfo) => void;
  failure?: (fileInfo: UploadFileInfo, code: string, message: string) => void;
  progress?: (fileInfo: UploadFileInfo, uploadedSize: number, totalSize: number) => void;
  expire?: () => void;
  retry?: () => void;
  retryResume?: () => void;
  started?: (fileInfo: UploadFileInfo) => void;
}

/** The callback of Android, the listener of iOS, or an object with some of the methods. */
export type AnyCallback = Partial<VODUploadCallback> | VODUploadListener;

export function callbackOf(given: AnyCallback): Partial<VODUploadCallback> {
  return isListener(given) ? ofListener(given) : given;
}

const BLOCKS = ['finish', 'success', 'failure', 'progress', 'expire', 'retry', 'retryResume', 'started'];

const isListener = (given: AnyCallback): given is VODUploadListener =>
  given instanceof VODUploadListener || BLOCKS.some((name) => name in given);

function ofListener(listener: VODUploadListener): Partial<VODUploadCallback> {
  return {
    onUploadSucceed(info, result) {
      listener.success?.(info);
      listener.finish?.(info, result);
    },
    onUploadFailed: (info, code, message) => listener.failure?.(info, code, message),
    onUploadProgress: (info, uploaded, total) => listener.progress?.(info, uploaded, total),
    onUploadTokenExpired: () => listener.expire?.(),
    onUploadRetry: () => listener.retry?.(),
    onUploadRetryResume: () => listener.retryResume?.(),
    onUploadStarted: (info) => listener.started?.(info),
  };
}
