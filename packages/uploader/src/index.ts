export { AliyunUpload } from './aliyun-upload.js';
export type { BrowserFile } from './browser/browser-file.js';
export { createUploader } from './browser/create-uploader.js';
export { IndexedDbCheckpoints } from './browser/indexed-db-checkpoints.js';
export { LocalStorageCheckpoints } from './browser/local-storage-checkpoints.js';
export { XhrHttpStack } from './browser/xhr-http-stack.js';
export * from './public.js';
