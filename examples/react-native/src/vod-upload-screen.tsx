/** The names of the Upload SDK for Android, without Expo, and parts that go on in the background. */
import * as BackgroundDownloader from '@kesha-antonov/react-native-background-downloader';
import AsyncStorage from '@react-native-async-storage/async-storage';
import {
  BackgroundUploads,
  backgroundDownloaderTransfer,
  blobUtilFilePort,
  blobUtilPartFiles,
  refreshWithToken,
  type UploadFileInfo,
  VODUploadCallback,
  VODUploadClientImpl,
  VodInfo,
  type VodUploadResult,
} from '@sluice/uploader/react-native';
import { useEffect, useState } from 'react';
import { AppState, Button, Text, View } from 'react-native';
import ReactNativeBlobUtil from 'react-native-blob-util';
import { fetchToken, VOD_ENDPOINT } from './server';

const client = new VODUploadClientImpl({
  endpoint: VOD_ENDPOINT,
  files: blobUtilFilePort(ReactNativeBlobUtil.fs),
  storage: AsyncStorage,
});

const background = new BackgroundUploads({
  storage: AsyncStorage,
  transfer: backgroundDownloaderTransfer(BackgroundDownloader),
  partFiles: blobUtilPartFiles(ReactNativeBlobUtil.fs),
  refresh: refreshWithToken({ endpoint: VOD_ENDPOINT, credentials: fetchToken }),
});

class Callback extends VODUploadCallback {
  readonly #show: (text: string) => void;

  constructor(show: (text: string) => void) {
    super();
    this.#show = show;
  }
  override onUploadProgress(info: UploadFileInfo, uploadedSize: number, totalSize: number): void {
    this.#show(`${info.filePath}: ${uploadedSize} of ${totalSize} bytes`);
  }
  override onUploadSucceed(_info: UploadFileInfo, result: VodUploadResult): void {
    this.#show(`Done: ${result.videoid}`);
  }
  override onUploadFailed(_info: UploadFileInfo, code: string, message: string): void {
    this.#show(`${code}: ${message}`);
  }
  override async onUploadTokenExpired(): Promise<void> {
    const token = await fetchToken();
    client.resumeWithToken(token.accessKeyId, token.accessKeySecret, token.securityToken, token.expiration);
  }
}

export function VodUploadScreen({ videoPath }: { videoPath: string }) {
  const [text, setText] = useState('');

  useEffect(() => {
    const subscription = AppState.addEventListener('change', async (state) => {
      if (state === 'background') {
        if (client.pause()) await background.handOver();
      } else if (state === 'active') {
        await background.takeBack();
        client.resume();
      }
    });
    return () => subscription.remove();
  }, []);

  const upload = async () => {
    const token = await fetchToken();
    const { accessKeyId, accessKeySecret, securityToken, expiration } = token;
    client.init(accessKeyId, accessKeySecret, securityToken, expiration, new Callback(setText));
    client.addFile(videoPath, new VodInfo({ title: 'From my phone', tags: ['phone'] }));
    client.start();
  };

  return (
    <View>
      <Button title="Upload" onPress={upload} />
      <Text>{text}</Text>
    </View>
  );
}
