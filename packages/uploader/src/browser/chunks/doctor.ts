/** See `extras.ts` beside. */
export { checkUpload } from '../../doctor.js';
export { createUploader } from '../create-uploader.js';
