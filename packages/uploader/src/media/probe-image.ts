import { mediaKind } from '../core/media-kind.js';
import type { MediaFacts } from './media-facts.js';
import type { Readable } from './readable.js';

/** An image is decoded as a whole to be measured; longer ones are not worth it. */
const LONGEST = 64 * 1024 * 1024;

/** Whether it says that it is an image: by its name, else by its MIME type. */
export const isNamedImage = ({ name, type }: Readable): boolean => mediaKind(name, type) === 'image';

/** What an image tells; `undefined` when it cannot be decoded. Only what is named an image is read for it. */
export async function probeImage(readable: Readable, blob: Blob | undefined): Promise<MediaFacts | undefined> {
  const container = readable.type.startsWith('image/') ? readable.type : undefined;
  const unmeasured = (reason: string): MediaFacts => ({ kind: 'image', container, bytesRead: 0, reason });
  if (!blob || typeof createImageBitmap !== 'function') return unmeasured('Images are measured in browsers only.');
  if (blob.size > LONGEST) return unmeasured(`An image of more than ${LONGEST} bytes is not measured.`);
  try {
    // Turned as its EXIF data says.
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    bitmap.close();
    return { kind: 'image', container, width, height, bytesRead: blob.size };
  } catch {
    return undefined;
  }
}
