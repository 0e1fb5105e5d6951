import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callVod, requestToken } from './support/api.js';
import { type Browser, openBrowser, servePages } from './support/browser.js';
import { repository, startServer } from './support/server.js';

type Media = typeof import('@sluice/uploader/media');

/** What the page of this test has: the product, and a maker of files out of the browser's own encoders. */
interface Tools {
  readonly media: Media;
  readonly createUploader: typeof import('@sluice/uploader/browser').createUploader;
  readonly make: (format: 'mp4' | 'webm', codec: 'vp8' | 'vp9' | 'avc', rotation: 0 | 90) => Promise<File>;
  readonly record: () => Promise<File>;
  /** Red, green and blue of the pixel in the middle, and the size. */
  readonly look: (image: Blob) => Promise<{ rgb: number[]; width: number; height: number; type: string }>;
}

const MAKER = `
import { BufferTarget, CanvasSource, Mp4OutputFormat, Output, Quality, WebMOutputFormat } from 'mediabunny';
import { createUploader } from ${JSON.stringify(join(repository, 'packages', 'uploader', 'src', 'index.ts'))};
import * as media from ${JSON.stringify(join(repository, 'packages', 'uploader', 'src', 'media.ts'))};

/** Three seconds: red, green, blue. */
const COLOURS = ['rgb(220,20,20)', 'rgb(20,200,20)', 'rgb(20,20,220)'];

async function make(format, codec, rotation) {
  const canvas = new OffscreenCanvas(640, 360);
  const context = canvas.getContext('2d');
  const target = new BufferTarget();
  const output = new Output({ format: format === 'mp4' ? new Mp4OutputFormat() : new WebMOutputFormat(), target });
  const source = new CanvasSource(canvas, { codec, bitrate: 1e6, keyFrameInterval: 1 });
  output.addVideoTrack(source, { frameRate: 10, rotation });
  await output.start();
  for (let i = 0; i < 30; i++) {
    context.fillStyle = COLOURS[Math.floor(i / 10)];
    context.fillRect(0, 0, 640, 360);
    await source.add(i / 10, 0.1);
  }
  await output.finalize();
  return new File([target.buffer], 'made.' + format, { type: 'video/' + format });
}

async function record() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
  document.body.append(canvas);
  const context = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm;codecs=vp8' });
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  recorder.start(100);
  const began = performance.now();
  await new Promise((done) => {
    const frame = () => {
      context.fillStyle = 'rgb(20,200,20)';
      context.fillRect(0, 0, 320, 240);
      context.fillStyle = 'black';
      context.fillRect(Math.random() * 20, 0, 2, 2);
      if (performance.now() - began < 1200) requestAnimationFrame(frame);
      else done();
    };
    frame();
  });
  await new Promise((stopped) => {
    recorder.onstop = stopped;
    recorder.stop();
  });
  canvas.remove();
  return new File(chunks, 'recorded.webm', { type: 'video/webm' });
}

async function look(image) {
  const bitmap = await createImageBitmap(image);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  const [r, g, b] = context.getImageData(width >> 1, height >> 1, 1, 1).data;
  return { rgb: [r, g, b], width, height, type: image.type };
}

Object.assign(globalThis, { tools: { media, make, record, look, createUploader } });
`;

let browser: Browser;
let site: Awaited<ReturnType<typeof servePages>>;
let page: Page;

beforeAll(async () => {
  const bundle = await build({
    stdin: { contents: MAKER, resolveDir: join(repository, 'packages', 'uploader'), loader: 'js' },
    bundle: true,
    format: 'esm',
    conditions: ['sluice-source', 'browser'],
    write: false,
  });
  site = await servePages({
    '/': { type: 'text/html', body: '<!doctype html><body><script type="module" src="/tools.js"></script>' },
    '/tools.js': { type: 'text/javascript', body: bundle.outputFiles[0]?.text ?? '' },
  });
  browser = await openBrowser();
  page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction(() => 'tools' in globalThis);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const RED = 'red';
const GREEN = 'green';
const BLUE = 'blue';
/** The channel that stands out: coding moves the others a little. */
const colour = ([r = 0, g = 0, b = 0]: number[]): string =>
  r > 150 && g < 90 && b < 90
    ? RED
    : g > 150 && r < 90 && b < 90
      ? GREEN
      : b > 150 && r < 90 && g < 90
        ? BLUE
        : `${r},${g},${b}`;

describe('poster', () => {
  test.each([
    ['mp4', 'avc'],
    ['mp4', 'vp9'],
    ['webm', 'vp8'],
    ['webm', 'vp9'],
  ] as const)('shows the frame of the second asked for: %s, %s', async (format, codec) => {
    const seen = await page.evaluate(
      async ([format, codec]) => {
        const { media, make, look } = (globalThis as unknown as { tools: Tools }).tools;
        const file = await make(format, codec, 0);
        const shown = [];
        for (const at of [undefined, 0.5, 1.5, 2.5, 99]) {
          const image = await media.poster(file, at === undefined ? {} : { at });
          shown.push(image && (await look(image)));
        }
        return { shown, facts: await media.probe(file) };
      },
      [format, codec] as const,
    );
    expect(seen.shown.map((image) => image && colour(image.rgb))).toEqual([RED, RED, GREEN, BLUE, BLUE]);
    expect(seen.shown[0]).toMatchObject({ width: 640, height: 360, type: 'image/jpeg' });
    expect(seen.facts).toMatchObject({ kind: 'video', width: 640, height: 360, videoCodec: codec, fps: 10 });
    expect(seen.facts.durationSeconds).toBeCloseTo(3, 1);
  });

  test('is upright, as wide as asked for, and of the type asked for', async () => {
    const seen = await page.evaluate(async () => {
      const { media, make, look } = (globalThis as unknown as { tools: Tools }).tools;
      const file = await make('mp4', 'avc', 90);
      const image = await media.poster(file, { width: 180, type: 'image/webp' });
      return { image: image && (await look(image)), facts: await media.probe(file) };
    });
    expect(seen.image).toMatchObject({ width: 180, height: 320, type: 'image/webp' });
    expect(seen.facts).toMatchObject({ width: 360, height: 640, rotation: 90 });
  });

  test('gets smaller until it fits', async () => {
    const sizes = await page.evaluate(async () => {
      const { media, make, look } = (globalThis as unknown as { tools: Tools }).tools;
      const file = await make('mp4', 'avc', 0);
      const whole = await media.poster(file);
      const limit = Math.floor((whole?.size ?? 0) * 0.6);
      const small = await media.poster(file, { maxBytes: limit });
      return { whole: whole?.size, limit, small: small?.size, seen: small && (await look(small)) };
    });
    expect(sizes.small).toBeLessThanOrEqual(sizes.limit);
    expect(sizes.seen?.width).toBeLessThan(640);
    expect(colour(sizes.seen?.rgb ?? [])).toBe(RED);
  });

  test('takes recordings without a duration, and goes through a video element where there is no WebCodecs', async () => {
    const seen = await page.evaluate(async () => {
      const { media, record, make, look } = (globalThis as unknown as { tools: Tools }).tools;
      const recorded = await record();
      const byDecoder = await media.poster(recorded, { at: 0.5 });
      const facts = await media.probe(recorded);
      const kept = globalThis.VideoDecoder;
      Object.assign(globalThis, { VideoDecoder: undefined });
      const byElement = await media.poster(await make2(), { at: 1.5, width: 320 });
      Object.assign(globalThis, { VideoDecoder: kept });
      return {
        facts,
        byDecoder: byDecoder && (await look(byDecoder)),
        byElement: byElement && (await look(byElement)),
      };
      async function make2(): Promise<File> {
        Object.assign(globalThis, { VideoDecoder: kept });
        const file = await make('webm', 'vp9', 0);
        Object.assign(globalThis, { VideoDecoder: undefined });
        return file;
      }
    });
    expect(seen.facts).toMatchObject({ kind: 'video', container: 'WebM', width: 320, height: 240, videoCodec: 'vp8' });
    expect(seen.facts.durationSeconds).toBeGreaterThan(0.5);
    expect(colour(seen.byDecoder?.rgb ?? [])).toBe(GREEN);
    expect(seen.byElement).toMatchObject({ width: 320, height: 180 });
    expect(colour(seen.byElement?.rgb ?? [])).toBe(GREEN);
  });

  test('is undefined when there is none to be had', async () => {
    const seen = await page.evaluate(async () => {
      const { media, make } = (globalThis as unknown as { tools: Tools }).tools;
      const noise = new Uint8Array(200_000).map((_, i) => (i * 7919) ^ (i >> 3));
      const file = await make('mp4', 'avc', 0);
      return [
        (await media.poster(new File([noise], 'noise.mp4'))) === undefined,
        (await media.poster(new File([], 'empty.mp4'))) === undefined,
        (await media.poster(file.slice(0, 2000))) === undefined,
        (await media.poster(file, { timeout: 0 })) === undefined,
        (await media.poster(file, { maxBytes: 10 })) === undefined,
      ];
    });
    expect(seen).toEqual([true, true, true, true, true]);
  });
});

describe('probe in a page', () => {
  test('measures images, and says what it cannot decode', async () => {
    const seen = await page.evaluate(async () => {
      const { media, make } = (globalThis as unknown as { tools: Tools }).tools;
      const canvas = new OffscreenCanvas(33, 44);
      canvas.getContext('2d')?.fillRect(0, 0, 10, 10);
      const png = await canvas.convertToBlob();
      const video = await make('mp4', 'avc', 0);
      return [
        await media.probe(new File([png], 'a.png', { type: 'image/png' })),
        await media.probe(new File(['no image'], 'b.jpg', { type: 'image/jpeg' })),
        await media.probe(new File([video], 'c.jpg', { type: 'image/jpeg' })),
        await media.probe(new File(['text'], 'd.txt', { type: 'text/plain' })),
      ];
    });
    expect(seen[0]).toMatchObject({ kind: 'image', container: 'image/png', width: 33, height: 44 });
    expect(seen[1]).toMatchObject({
      kind: 'image',
      reason: 'By its name an image, but it cannot be decoded here.',
    });
    expect(seen[2]).toMatchObject({ kind: 'video', container: 'MP4' });
    expect(seen[3]).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('The format is not one of') });
  });
});

test('the poster becomes the cover of the video', async () => {
  const server = await startServer();
  const token = await requestToken(server);
  const ids = await page.evaluate(
    async ([endpoint, token]) => {
      const { media, make, createUploader } = (globalThis as unknown as { tools: Tools }).tools;
      const file = await make('mp4', 'avc', 0);
      const uploader = createUploader({ endpoint, credentials: async () => token });
      const cover = await media.poster(file);
      const { videoId } = await uploader.upload(file, { cover });
      uploader.close();
      return { videoId, size: cover?.size };
    },
    [server.api, token] as const,
  );
  const { body } = await callVod(server, 'GetVideoInfo', { VideoId: ids.videoId ?? '' });
  const { CoverURL } = (body as { Video: { CoverURL: string } }).Video;
  expect(CoverURL).toMatch(/\.jpg$/);
  const puts = server.requests.filter(({ operation, status }) => operation === 'PutObject' && status === 200);
  expect(puts.some(({ key }) => key !== undefined && CoverURL.endsWith(key))).toBe(true);
  await server.stop();
});

test('a page that only imports the entry loads none of mediabunny', async () => {
  const { outputFiles } = await build({
    entryPoints: [join(repository, 'packages', 'uploader', 'src', 'media.ts')],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    outdir: '/out',
    conditions: ['sluice-source', 'browser'],
    write: false,
  });
  const entry = outputFiles.find(({ path }) => path.endsWith('media.js'));
  expect(entry?.contents.length).toBeLessThan(8_000);
  expect(await readFile(join(repository, 'packages', 'uploader', 'src', 'media.ts'), 'utf8')).not.toContain(
    "'mediabunny'",
  );
});
