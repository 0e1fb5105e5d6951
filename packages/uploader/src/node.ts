export { AliyunUpload } from './aliyun-upload.js';
export { createUploader, type NodeUploaderOptions } from './node/create-uploader.js';
export { defaultCheckpointDirectory, FileCheckpoints } from './node/file-checkpoints.js';
export type { NodeFile } from './node/file-source.js';
export { NodeHttpStack } from './node/node-http-stack.js';
export * from './public.js';
