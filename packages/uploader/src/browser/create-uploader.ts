import type { Uploader, UploaderOptions } from '../api.js';
import { createUploaderOn } from '../core/full-uploader.js';
import type { BrowserFile } from './browser-file.js';
import { browserPlatform } from './platform.js';

/**
 * An uploader for browsers. Creating it touches neither the network nor any storage.
 *
 * @example
 * const uploader = createUploader({ endpoint: 'https://vod.example.com', credentials: fetchToken });
 * const { videoId } = await uploader.upload(input.files[0]);
 *
 * @throws UploadError `InvalidOption`
 */
export function createUploader(options: UploaderOptions<BrowserFile>): Uploader<BrowserFile> {
  return createUploaderOn(browserPlatform(), options);
}
