/** What few uploads need: loaded, in one piece, by the first that does. */
export { signOssV1HeaderAsync } from '@sluice/wire';
export { Batch } from './batch.js';
export { instantUpload } from './instant.js';
export { streamSource } from './stream-source.js';
export { readFirstPiece, streamWork } from './stream-work.js';
export { listUnfinished } from './unfinished.js';
