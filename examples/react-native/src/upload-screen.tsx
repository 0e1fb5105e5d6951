/** The modern API, with Expo: choose, watch, pause; go on after the application was killed. */
import AsyncStorage from '@react-native-async-storage/async-storage';
import NetInfo from '@react-native-community/netinfo';
import {
  createUploader,
  expoFilePort,
  type NativeFile,
  netInfoNetwork,
  UploadError,
  type UploadProgress,
  type UploadState,
  type UploadTask,
} from '@sluice/uploader/react-native';
import * as DocumentPicker from 'expo-document-picker';
import * as FileSystem from 'expo-file-system';
import { useEffect, useState } from 'react';
import { Button, Text, View } from 'react-native';
import { fetchToken, VOD_ENDPOINT } from './server';

// One for the whole application: uploads go on when the screen is left.
const uploader = createUploader({
  endpoint: VOD_ENDPOINT,
  credentials: fetchToken,
  files: expoFilePort(FileSystem),
  storage: AsyncStorage,
  network: netInfoNetwork(NetInfo),
});

export function UploadScreen() {
  const [task, setTask] = useState<UploadTask>();
  const [state, setState] = useState<UploadState>('queued');
  const [progress, setProgress] = useState<UploadProgress>();
  const [message, setMessage] = useState('');

  const watch = async (next: UploadTask) => {
    setTask(next);
    setMessage('');
    next.on('state', setState);
    next.on('progress', setProgress);
    try {
      const { videoId } = await next;
      setMessage(`Done: ${videoId}`);
    } catch (error) {
      // Says what happened and what to do next.
      setMessage(error instanceof UploadError ? error.message : String(error));
    }
  };

  // What an earlier run of the application left unfinished.
  useEffect(() => {
    void uploader.unfinished().then(([last]) => {
      if (last?.reopenable) void watch(last.resume());
    });
    return undefined;
  }, []);

  const choose = async () => {
    // Read where it is: a copy of a long video would fill the cache.
    const { assets } = await DocumentPicker.getDocumentAsync({ type: 'video/*', copyToCacheDirectory: false });
    const file: NativeFile | undefined = assets?.[0];
    if (file) void watch(uploader.upload(file, { title: 'From my phone' }));
  };

  return (
    <View>
      <Button title="Choose a video" onPress={choose} />
      <Text>{`${state} ${Math.floor((progress?.fraction ?? 0) * 100)} %`}</Text>
      <Text>{message}</Text>
      {state === 'uploading' ? <Button title="Pause" onPress={() => task?.pause()} /> : null}
      {state === 'paused' ? <Button title="Resume" onPress={() => task?.resume()} /> : null}
      {state === 'failed' ? <Button title="Try again" onPress={() => task?.retry()} /> : null}
    </View>
  );
}
