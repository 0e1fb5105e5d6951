/** Facts and posters of media files, read on this device. The entry for browsers; needs the package `mediabunny`. */
import type { MediaFacts, ProbeOptions } from './media/media-facts.js';
import { probeReadable } from './media/probe.js';
import { blobReadable } from './media/readable.js';

/**
 * What a video, audio or image is: container, codecs, duration, dimensions. Reads its beginning and its index, not the
 * whole file; images are decoded.
 *
 * @returns `kind: 'unknown'` with a reason for what it cannot read
 * @throws when the file cannot be read at all, or the package `mediabunny` is not installed
 *
 * @example
 * const { kind, durationSeconds = 0 } = await probe(file);
 * if (kind === 'video' && durationSeconds > 600) throw new Error('Ten minutes at most.');
 */
export function probe(file: Blob, options?: ProbeOptions): Promise<MediaFacts> {
  return probeReadable(blobReadable(file), file, options);
}

export type { MediaFacts, ProbeOptions } from './media/media-facts.js';
export { type PosterOptions, poster } from './media/poster.js';
