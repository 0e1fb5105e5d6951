export {
  createUploader,
  type SmallOptions,
  type SmallUploader,
  type SmallUploadTask,
} from './browser/small-uploader.js';
export { type LocalErrorCode, UploadError } from './core/upload-error.js';
export type {
  Checkpoint,
  CheckpointStore,
  Clock,
  HttpStack,
  PartHasher,
  StsCredentials,
  UploadEvents,
  UploadOptions,
  UploadProgress,
  UploadResult,
  UploadState,
} from './public.js';
