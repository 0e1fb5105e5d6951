import type { Input } from 'mediabunny';
import type { MediaFacts } from './media-facts.js';
import { openInput } from './open-input.js';
import type { Meter } from './readable.js';
import { whyNot } from './why-not.js';

/** Enough for a rate, and few enough for files in which every frame has to be visited. */
const FRAMES = 30;

/** Shorter than the head of any format; mediabunny 1.61 fails an assertion on files of less than 12 bytes. */
const SMALLEST = 16;

/** @returns `undefined` when the format is none of the known ones */
export async function probeTracks(meter: Meter, signal: AbortSignal): Promise<MediaFacts | undefined> {
  if (meter.size < SMALLEST) return undefined;
  const input = openInput(meter);
  const stop = (): void => input.dispose();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (!(await input.canRead())) return undefined;
    return await factsOf(input, meter, signal);
  } finally {
    signal.removeEventListener('abort', stop);
    input.dispose();
  }
}

async function factsOf(input: Input, meter: Meter, signal: AbortSignal): Promise<MediaFacts> {
  let reason: string | undefined;
  /** What one question costs is its own: the answers before it stay. */
  const ask = async <T>(question: () => Promise<T | null>): Promise<T | undefined> => {
    try {
      return signal.aborted ? undefined : ((await question()) ?? undefined);
    } catch {
      reason ??= whyNot(meter, signal);
      return undefined;
    }
  };
  const video = await ask(() => input.getPrimaryVideoTrack());
  const audio = await ask(() => input.getPrimaryAudioTrack());
  const format = await input.getFormat();
  const durationSeconds =
    (await ask(() => input.getDurationFromMetadata())) ?? (await ask(() => input.computeDuration()));
  const facts = {
    container: format.name,
    mimeType: (await ask(() => input.getMimeType())) ?? format.mimeType,
    durationSeconds,
    bitrate: durationSeconds && durationSeconds > 0 ? Math.round((meter.size * 8) / durationSeconds) : undefined,
    audioCodec: audio && (await ask(() => audio.getCodec())),
    sampleRate: audio && (await ask(() => audio.getSampleRate())),
    channels: audio && (await ask(() => audio.getNumberOfChannels())),
    ...(video && {
      width: await ask(() => video.getDisplayWidth()),
      height: await ask(() => video.getDisplayHeight()),
      rotation: await ask(() => video.getRotation()),
      videoCodec: await ask(() => video.getCodec()),
      fps: await ask(async () => rounded((await video.computePacketStats(FRAMES)).averagePacketRate)),
    }),
  };
  if (signal.aborted) reason = whyNot(meter, signal);
  const kind = video ? 'video' : audio ? 'audio' : 'unknown';
  if (kind === 'unknown') reason ??= 'The file has neither video nor audio.';
  return { kind, ...facts, bytesRead: meter.bytes, reason };
}

/** Three decimals: 29.97 and 23.976 stay what they are. */
const rounded = (rate: number): number | null =>
  Number.isFinite(rate) && rate > 0 ? Math.round(rate * 1000) / 1000 : null;
