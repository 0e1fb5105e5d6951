import type { Uploader, UploaderOptions } from '../api.js';
import { createUploaderOn } from '../core/uploader.js';
import { browserPlatform } from './platform.js';

/**
 * An uploader for browsers. Creating it touches neither the network nor any storage.
 *
 * @example
 * const uploader = createUploader({ endpoint: 'https://vod.example.com', credentials: fetchToken });
 * const { videoId } = await uploader.upload(input.files[0]).done;
 *
 * @throws UploadError `InvalidOption`
 */
export function createUploader(options: UploaderOptions<Blob>): Uploader<Blob> {
  return createUploaderOn(browserPlatform(), options);
}
