import type { Uploader, UploaderOptions } from '../api.js';
import { createUploaderOn } from '../core/full-uploader.js';
import type { NativeFile } from './file-port.js';
import { NATIVE_PART_SIZE, type NativeAdapters, reactNativePlatform } from './platform.js';

export interface ReactNativeUploaderOptions extends UploaderOptions<NativeFile>, NativeAdapters {}

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
 * @throws UploadError `InvalidOption`
 */
export function createUploader(options: ReactNativeUploaderOptions): Uploader<NativeFile> {
  const { files, storage, network, ...rest } = options;
  return createUploaderOn(reactNativePlatform({ files, storage, network }), {
    ...rest,
    maxPartSize: rest.maxPartSize ?? NATIVE_PART_SIZE,
  });
}
