import { deadline } from './deadline.js';
import type { MediaFacts, ProbeOptions } from './media-facts.js';
import { isNamedImage, probeImage } from './probe-image.js';
import { Meter, type Readable } from './readable.js';
import { whyNot } from './why-not.js';

const MAX_BYTES = 16 * 1024 * 1024;
const TIMEOUT = 10_000;

/** Never rejects for what a file holds; @throws when the file cannot be read at all, or mediabunny is not installed */
export async function probeReadable(
  readable: Readable,
  blob: Blob | undefined,
  { maxBytes = MAX_BYTES, timeout = TIMEOUT }: ProbeOptions = {},
): Promise<MediaFacts> {
  const meter = new Meter(readable, maxBytes);
  if (readable.size === 0) return { kind: 'unknown', bytesRead: 0, reason: 'The file is empty.' };
  const named = isNamedImage(readable);
  const image = named ? await probeImage(readable, blob) : undefined;
  if (image) return image;
  // A byte that cannot be had is an error of the file, not of its format.
  await meter.read(0, 1);
  const { probeTracks } = await import('./probe-tracks.js');
  const end = deadline(timeout);
  try {
    const facts = await end
      .within(probeTracks(meter, end.signal))
      .catch((): MediaFacts => ({ kind: 'unknown', bytesRead: meter.bytes, reason: whyNot(meter, end.signal) }));
    if (facts && facts.kind !== 'unknown') return facts;
    if (named) {
      return { kind: 'image', bytesRead: meter.bytes, reason: 'By its name an image, but it cannot be decoded here.' };
    }
    return (
      facts ?? {
        kind: 'unknown',
        bytesRead: meter.bytes,
        reason: 'The format is not one of MP4, MOV, WebM, Matroska, MPEG-TS, MP3, AAC, WAV, FLAC and Ogg.',
      }
    );
  } finally {
    end.clear();
  }
}
