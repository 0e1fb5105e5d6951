import type { UploadOptions } from '../api.js';
import type { TransferListener } from './transfer-context.js';
import { asUploadError } from './upload-error.js';
import { throwIfAborted } from './waiting.js';

/** Uploads the cover before its video; answers its URL. Without one the video goes on, and the caller is told. */
export async function uploadCover(
  { cover, coverUrl, title }: UploadOptions,
  upload: (image: Blob, options: UploadOptions) => Promise<string | undefined>,
  warning: TransferListener['warning'],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!cover || coverUrl) return coverUrl;
  try {
    return await upload(cover, { kind: 'image', imageType: 'cover', title, signal, fileName: 'cover.jpg' });
  } catch (error) {
    throwIfAborted(signal);
    warning(asUploadError(error, 'NetworkError', 'The cover was not uploaded'));
    return undefined;
  }
}
