/** The names of the Upload SDK for JavaScript 1.5: `new AliyunUpload.Vod({...})`. */
import { Vod } from './aliyun-upload/vod.js';

/**
 * The namespace of the Upload SDK for JavaScript 1.5: `new AliyunUpload.Vod(options)`. See
 * docs/sdk/aliyun-upload.md.
 */
export const AliyunUpload = { Vod } as const;
export type { FileState, UploadInfo, VodCheckpoint, VodState } from './aliyun-upload/upload-info.js';
export type { Vod } from './aliyun-upload/vod.js';
export type { VodAdapters, VodCallbacks, VodOptions } from './aliyun-upload/vod-options.js';
