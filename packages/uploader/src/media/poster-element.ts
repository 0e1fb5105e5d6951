import { type Canvas, defaultTime, draw } from './canvas.js';

/** The frame at a second, by a video element: it knows formats that WebCodecs or mediabunny do not. */
export async function drawnByElement(
  file: Blob,
  at: number | undefined,
  width: number,
  signal: AbortSignal,
): Promise<Canvas | undefined> {
  if (typeof document === 'undefined' || signal.aborted) return undefined;
  const video = document.createElement('video');
  const url = URL.createObjectURL(file);
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = 'auto';
    const loaded = happens(video, 'loadeddata', signal);
    video.src = url;
    await loaded;
    if (video.videoWidth === 0) return undefined;
    const time = at ?? defaultTime(video.duration);
    const sought = happens(video, 'seeked', signal);
    video.currentTime = Math.min(time, Number.isFinite(video.duration) ? video.duration : time);
    await sought;
    const shown = Math.min(width, video.videoWidth);
    return draw(video, shown, Math.max(1, Math.round((video.videoHeight * shown) / video.videoWidth)));
  } finally {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  }
}

function happens(video: HTMLVideoElement, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true });
    video.addEventListener('error', () => reject(new Error('Not playable')), { once: true });
    signal.addEventListener('abort', () => reject(new Error('Too late')), { once: true });
  });
}
