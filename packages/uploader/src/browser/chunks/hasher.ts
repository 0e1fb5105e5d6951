/** See `extras.ts` beside. */
export { createUploader } from '../create-uploader.js';
export { createWorkerHasher } from '../worker-hasher.js';
