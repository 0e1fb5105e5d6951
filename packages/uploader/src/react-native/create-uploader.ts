import type { Uploader, UploaderOptions } from '../api.js';
import { createUploaderOn } from '../core/full-uploader.js';
import type { Platform } from '../ports.js';
import type { NativeFile } from './file-port.js';
import { NATIVE_PART_SIZE, type NativeAdapters, reactNativePlatform } from './platform.js';

/** Options of `createUploader` in React Native: those of every platform, and the libraries of the application. */
export interface ReactNativeUploaderOptions<Source extends NativeFile = NativeFile>
  extends UploaderOptions<Source>,
    NativeAdapters {}

/**
 * An uploader for React Native. Files are read by ranges through a library the application brings; memory is parts in
 * flight × about four times the part size. `maxPartSize` is 1 MiB unless given.
 *
 * @example
 * const uploader = createUploader({
 *   endpoint: 'https://vod.example.com',
 *   credentials: fetchToken,
 *   files: expoFilePort(FileSystem),
 *   storage: AsyncStorage,
 *   network: netInfoNetwork(NetInfo),
 * });
 * const { videoId } = await uploader.upload(asset);
 *
 * @typeParam Source what is uploaded, when it is only one of the kinds, e.g. `string`
 * @throws UploadError `InvalidOption`
 */
export function createUploader<Source extends NativeFile = NativeFile>(
  options: ReactNativeUploaderOptions<Source>,
): Uploader<Source> {
  const { files, storage, network, ...rest } = options;
  const platform = reactNativePlatform({ files, storage, network }) as Platform<NativeFile> as Platform<Source>;
  return createUploaderOn<Source>(platform, {
    ...rest,
    maxPartSize: rest.maxPartSize ?? NATIVE_PART_SIZE,
  });
}
