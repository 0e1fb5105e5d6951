/** Hooks for React 18 and later. */
export * from './list.js';
export { useUploader } from './react/use-uploader.js';
export { useUploadItem, useUploads, useUploadTask } from './react/use-uploads.js';
