import { onScopeDispose } from 'vue';
import type { Uploader, UploaderOptions } from '../api.js';
import type { BrowserFile } from '../browser/browser-file.js';
import { createUploader } from '../browser/create-uploader.js';

/**
 * An uploader that lives as long as the effect scope (of a component: until it is unmounted) and is closed after it;
 * unfinished uploads can be resumed later. An uploader that must outlive the component is made outside.
 *
 * @param options as of `createUploader`, or a function that makes the uploader, e.g. that of another platform
 * @throws UploadError `InvalidOption`
 */
export function useUploader(options: UploaderOptions<BrowserFile>): Uploader<BrowserFile>;
export function useUploader<File>(create: () => Uploader<File>): Uploader<File>;
export function useUploader(source: UploaderOptions<BrowserFile> | (() => Uploader<unknown>)): Uploader<unknown> {
  const uploader = typeof source === 'function' ? source() : (createUploader(source) as Uploader<unknown>);
  onScopeDispose(() => uploader.close());
  return uploader;
}
