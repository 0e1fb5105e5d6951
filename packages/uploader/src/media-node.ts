/** Facts of media files, read on this machine. The entry for Node; needs the package `mediabunny`. */
import type { MediaFacts, ProbeOptions } from './media/media-facts.js';
import { openPath } from './media/open-path.js';
import { probeReadable } from './media/probe.js';
import { blobReadable } from './media/readable.js';

/**
 * What a video or audio is: container, codecs, duration, dimensions. Reads its beginning and its index, not the whole
 * file. Images are told by their name only: Node does not decode them.
 *
 * @param file a path, a `file:` URL, or a Blob
 * @returns `kind: 'unknown'` with a reason for what it cannot read
 * @throws when the file cannot be read at all, or the package `mediabunny` is not installed
 */
export async function probe(file: string | URL | Blob, options?: ProbeOptions): Promise<MediaFacts> {
  if (file instanceof Blob) return probeReadable(blobReadable(file), file, options);
  const opened = await openPath(file);
  try {
    return await probeReadable(opened, undefined, options);
  } finally {
    await opened.close();
  }
}

export type { MediaFacts, ProbeOptions } from './media/media-facts.js';
export { type PosterOptions, poster } from './media/poster.js';
