export { AliyunUpload } from './aliyun-upload.js';
export { blobSource } from './browser/blob-source.js';
export { createUploader } from './browser/create-uploader.js';
export { LocalStorageCheckpoints } from './browser/local-storage-checkpoints.js';
export { XhrHttpStack } from './browser/xhr-http-stack.js';
export * from './public.js';
