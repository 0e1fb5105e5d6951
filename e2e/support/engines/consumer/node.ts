/** What a program on Node may write. Compiled against the package as it is published; never run. */
import { createUploader, FileCheckpoints, type NodeFile, UploadError } from '@sluice/uploader/node';

const uploader = createUploader({
  endpoint: 'http://127.0.0.1:8400',
  credentials: async () => ({ accessKeyId: '', accessKeySecret: '', securityToken: '', expiration: new Date() }),
  checkpoints: new FileCheckpoints('/var/lib/uploads'),
});

export async function upload(files: readonly NodeFile[]): Promise<void> {
  for (const file of files) {
    const task = uploader.upload(file, { title: 'Talk', signal: AbortSignal.timeout(60_000) });
    task.on('progress', ({ loaded, total }) => console.info(loaded / total));
    await task.done.catch((error: unknown) => {
      if (error instanceof UploadError) console.error(error.code);
    });
  }
  uploader.close();
}

export const sources: readonly NodeFile[] = [
  '/videos/talk.mp4',
  new URL('file:///talk.mp4'),
  new Uint8Array(3),
  new Blob([]),
];
