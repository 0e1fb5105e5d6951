/** The one place that opens files with mediabunny. Loaded when the first file is looked at. */
import { ADTS, CustomSource, FLAC, Input, MATROSKA, MP3, MP4, MPEG_TS, OGG, QTFF, WAVE, WEBM } from 'mediabunny';
import type { Meter } from './readable.js';

/** All but HLS: a playlist names other files, which are not at hand. */
const FORMATS = [MP4, QTFF, MATROSKA, WEBM, WAVE, OGG, FLAC, MP3, ADTS, MPEG_TS];

export function openInput(meter: Meter): Input {
  return new Input({
    formats: FORMATS,
    source: new CustomSource({
      getSize: () => meter.size,
      read: (start, end) => meter.read(start, end),
      prefetchProfile: 'fileSystem',
      // Readings ahead that nobody waits for may meet the limit.
      handleUnhandledError: () => undefined,
    }),
  });
}
