/** Composables for Vue 3.4 and later. */
export * from './list.js';
export { useUploader } from './vue/use-uploader.js';
export { useUploadItem, useUploads, useUploadTask } from './vue/use-uploads.js';
