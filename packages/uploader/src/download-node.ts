/** Checks on the way out what was checked on the way in. The entry for Node. */
export * from './download.js';
export { type Downloaded, type DownloadOptions, downloadFile } from './node/download-file.js';
