/** What every entry exports beside its own `createUploader`. */
export type * from './api.js';
export type { MediaKind } from './core/media-kind.js';
export type { UploadProgress } from './core/progress-meter.js';
export type { RenewReason } from './core/renewable.js';
export { type LocalErrorCode, UploadError } from './core/upload-error.js';
export type * from './ports.js';
