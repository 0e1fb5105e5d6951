/** A canvas of the page, or of a worker. */
export type Canvas = HTMLCanvasElement | OffscreenCanvas;

export function newCanvas(width: number, height: number): Canvas {
  if (typeof document === 'undefined') return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

export function draw(source: CanvasImageSource, width: number, height: number): Canvas {
  const canvas = newCanvas(width, height);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null;
  if (!context) throw new Error('No 2d context');
  context.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** Default second of a video that lasts so long. */
export const defaultTime = (duration: number | undefined): number =>
  duration !== undefined && Number.isFinite(duration) ? Math.min(1, duration / 10) : 0;
