import { type Canvas, draw } from './canvas.js';
import { deadline } from './deadline.js';
import { drawnByElement } from './poster-element.js';
import { blobReadable, Meter } from './readable.js';

/** Options of `poster`. */
export interface PosterOptions {
  /** Second of the video to show. Default: after a tenth of it, one second at most. */
  readonly at?: number | undefined;
  /** Most pixels in width, default 1280; a smaller video is not enlarged. The height follows. */
  readonly width?: number | undefined;
  /** MIME type, `image/jpeg` (default), `image/png` or `image/webp`; a browser that cannot write it writes PNG. */
  readonly type?: string | undefined;
  /** Most bytes of the image, default 2 MiB: quality, then size are lowered until it fits. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds for everything, default 10 000. */
  readonly timeout?: number | undefined;
}

const WIDTH = 1280;
const MAX_BYTES = 2 * 1024 * 1024;
const TIMEOUT = 10_000;
/** A decoder may want some megabytes around a key frame. */
const MAX_READ = 64 * 1024 * 1024;
const QUALITIES = [0.85, 0.7, 0.5] as const;

/**
 * One frame of a video as an image, made on this device before anything is uploaded. Browsers only: by WebCodecs, or by
 * a video element where that cannot decode it. Reads what it needs of the file, not the whole.
 *
 * @returns `undefined` when there is none to be had: no video, a codec this browser does not know, not in time, Node
 *
 * @example
 * const { videoId } = await uploader.upload(file, { cover: await poster(file) });
 */
export async function poster(file: Blob, options: PosterOptions = {}): Promise<Blob | undefined> {
  if (typeof VideoDecoder === 'undefined' && typeof document === 'undefined') return undefined;
  const { at, width = WIDTH, type = 'image/jpeg', maxBytes = MAX_BYTES } = options;
  const end = deadline(options.timeout ?? TIMEOUT);
  try {
    const drawn =
      (await end.within(drawnByDecoder(file, at, width, end.signal)).catch(() => undefined)) ??
      (await end.within(drawnByElement(file, at, width, end.signal)));
    return drawn && (await end.within(encode(drawn, type, maxBytes)));
  } catch {
    return undefined;
  } finally {
    end.clear();
  }
}

async function drawnByDecoder(
  file: Blob,
  at: number | undefined,
  width: number,
  signal: AbortSignal,
): Promise<Canvas | undefined> {
  if (typeof VideoDecoder === 'undefined') return undefined;
  const { drawFrame } = await import('./poster-decoder.js');
  return drawFrame(new Meter(blobReadable(file), MAX_READ), at, width, signal);
}

async function encode(canvas: Canvas, type: string, maxBytes: number): Promise<Blob | undefined> {
  for (let shown = canvas; ; shown = draw(shown, Math.ceil(shown.width / 2), Math.ceil(shown.height / 2))) {
    for (const quality of QUALITIES) {
      const image = await written(shown, type, quality);
      if (image && image.size <= maxBytes) return image;
      // A type without quality gives the same again.
      if (image?.type === 'image/png') break;
    }
    if (shown.width < 64) return undefined;
  }
}

function written(canvas: Canvas, type: string, quality: number): Promise<Blob | null> {
  if ('convertToBlob' in canvas) return canvas.convertToBlob({ type, quality });
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}
