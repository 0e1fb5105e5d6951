import { CanvasSink } from 'mediabunny';
import { type Canvas, defaultTime } from './canvas.js';
import { openInput } from './open-input.js';
import type { Meter } from './readable.js';

/** The frame at a second, decoded by WebCodecs; `undefined` when this browser cannot. */
export async function drawFrame(
  meter: Meter,
  at: number | undefined,
  width: number,
  signal: AbortSignal,
): Promise<Canvas | undefined> {
  const input = openInput(meter);
  const stop = (): void => input.dispose();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const track = (await input.canRead()) ? await input.getPrimaryVideoTrack() : null;
    if (!track || !(await track.canDecode())) return undefined;
    const first = await track.getFirstTimestamp();
    const duration = (await input.getDurationFromMetadata()) ?? undefined;
    const time = Math.max(at ?? first + defaultTime(duration), first);
    const sink = new CanvasSink(track, { width: Math.min(width, await track.getDisplayWidth()) });
    return (await sink.getCanvas(time))?.canvas;
  } finally {
    signal.removeEventListener('abort', stop);
    input.dispose();
  }
}
