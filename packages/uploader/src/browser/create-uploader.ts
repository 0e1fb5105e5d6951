import type { Uploader, UploaderOptions } from '../api.js';
import { createUploaderOn } from '../core/full-uploader.js';
import type { Platform } from '../ports.js';
import type { BrowserFile } from './browser-file.js';
import { browserPlatform } from './platform.js';

/**
 * An uploader for browsers. Creating it touches neither the network nor any storage.
 *
 * @example
 * const uploader = createUploader({ endpoint: 'https://vod.example.com', credentials: fetchToken });
 * const { videoId } = await uploader.upload(input.files[0]);
 *
 * @typeParam Source what is uploaded, when it is only one of the kinds, e.g. `File`
 * @throws UploadError `InvalidOption`
 */
export function createUploader<Source extends BrowserFile = BrowserFile>(
  options: UploaderOptions<Source>,
): Uploader<Source> {
  return createUploaderOn(browserPlatform() as Platform<BrowserFile> as Platform<Source>, options);
}
