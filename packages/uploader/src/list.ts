/** A list of uploads to show, without a framework. */
export { type ItemState, isBusy, isFinished, type Refusal, type UploadItem, type UploadTotals } from './list/item.js';
export { type FileFacts, isAccepted, type UploadLimits } from './list/limits.js';
export { type TaskSnapshot, type TaskStore, taskStoreOf } from './list/task-store.js';
export {
  UploadList,
  type UploadListEvents,
  type UploadListOptions,
  type UploadListSnapshot,
  uploadListOf,
} from './list/upload-list.js';
export type { ListUploader } from './list/uploader-port.js';
