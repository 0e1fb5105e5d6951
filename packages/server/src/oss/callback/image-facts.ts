import { imageSize } from 'image-size';

/** How much of an object is looked at: the size stands near the beginning, after pictures of the camera at the most. */
export const IMAGE_HEAD_BYTES = 256 * 1024;

export interface ImageFacts {
  readonly width: number;
  readonly height: number;
  /** `jpg`, `png`, `gif`, `bmp`, `webp`, `tiff`. */
  readonly format: string;
}

/** The library is asked about these alone: its other formats are boxes in boxes, and have been led in circles before. */
const SIGNATURES: readonly string[] = ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF87a', 'GIF89a', 'BM', 'II*\0', 'MM\0*'];

function isKnown(head: Uint8Array): boolean {
  const start = Buffer.from(head.subarray(0, 12)).toString('latin1');
  return SIGNATURES.some((signature) => start.startsWith(signature)) || /^RIFF.{4}WEBP$/s.test(start);
}

/** `undefined` when it is not an image that is known, or its size does not stand in these bytes. */
export function readImageFacts(head: Uint8Array): ImageFacts | undefined {
  if (!isKnown(head)) return undefined;
  try {
    const { width, height, type } = imageSize(head);
    const sound = [width, height].every((side) => Number.isSafeInteger(side) && side > 0);
    return sound && type !== undefined ? { width, height, format: type } : undefined;
  } catch {
    return undefined;
  }
}
