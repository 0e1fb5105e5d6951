/** A plugin for Uppy 4 and later: `new Uppy().use(SluiceUpload, { endpoint, credentials })`. */
export { type SluiceBody, SluiceUpload, type SluiceUploadOptions } from './uppy/sluice-upload.js';
