/** `<sluice-uploader>`, a complete upload list as a custom element. Import `./element/define` to have it defined. */
export { CHINESE, ENGLISH, type Messages } from './element/messages.js';
export { defineSluiceUploader, SluiceUploader, type SluiceUploaderEventMap } from './element/sluice-uploader.js';
export type { ItemState, Refusal, UploadItem, UploadTotals } from './list/item.js';
export type { UploadList, UploadListSnapshot } from './list/upload-list.js';
