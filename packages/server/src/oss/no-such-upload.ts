import { OssError } from './oss-error.js';

/** @param ec reference oss 1.11, 1.13: each operation has its own */
export const noSuchUpload = (uploadId: string, ec: string): OssError =>
  new OssError('NoSuchUpload', { extra: [['UploadId', uploadId]], ec });
