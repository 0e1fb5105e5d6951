/** The uploader for React Native: the modern API, and the classes of the mobile SDKs. Imports nothing native. */

export * from './public.js';
export {
  type BackgroundDownloader,
  backgroundDownloaderTransfer,
} from './react-native/background/background-downloader.js';
export {
  type BackgroundOptions,
  BackgroundUploads,
  type HandedOver,
} from './react-native/background/background-uploads.js';
export { blobUtilPartFiles, type ExpoPartFileSystem, expoPartFiles } from './react-native/background/part-files.js';
export type { BackgroundJob, BackgroundTransfer, PartFiles } from './react-native/background/ports.js';
export { refreshWithToken } from './react-native/background/refresh-with-token.js';
export { type BlobUtilFs, blobUtilFilePort } from './react-native/blob-util-file-port.js';
export { createUploader, type ReactNativeUploaderOptions } from './react-native/create-uploader.js';
export { type ExpoFileSystem, expoFilePort } from './react-native/expo-file-port.js';
export type { FilePort, NativeFile, OpenNativeFile } from './react-native/file-port.js';
export { KeyValueCheckpoints, type KeyValueStore } from './react-native/key-value-checkpoints.js';
export { type NetInfo, type NetInfoState, netInfoNetwork } from './react-native/net-info-network.js';
export { NATIVE_PART_SIZE, type NativeAdapters, reactNativePlatform } from './react-native/platform.js';
export { type AnyCallback, VODUploadCallback, VODUploadListener } from './react-native/vod/callback.js';
export { UploaderErrorCode, VODClientException, VODErrorCode } from './react-native/vod/errors.js';
export { VodHttpClientConfig, VodHttpClientConfigBuilder } from './react-native/vod/http-client-config.js';
export { type VodSessionCreateInfo, VodSessionCreateInfoBuilder } from './react-native/vod/session-create-info.js';
export {
  UploadStateType,
  VODStatus,
  VODUploadFileStatus,
  VodUploadStateType,
} from './react-native/vod/states.js';
export {
  type VODSVideoUploadCallback,
  VODSVideoUploadClientImpl,
  VODUploadSVideoClient,
  type VODUploadSVideoClientDelegate,
} from './react-native/vod/svideo-client.js';
export { UploadFileInfo, type VodUploadResult } from './react-native/vod/upload-file-info.js';
export { VodInfo, type VodInfoFields } from './react-native/vod/vod-info.js';
export {
  VODUploadClientImpl,
  VODUploadClientImpl as VODUploadClient,
  type VodClientSetup,
} from './react-native/vod/vod-upload-client.js';
export { NativeXhrHttpStack } from './react-native/xhr-http-stack.js';
