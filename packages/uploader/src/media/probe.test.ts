import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  FilePathTarget,
  MkvOutputFormat,
  MovOutputFormat,
  Mp4OutputFormat,
  Output,
  type OutputFormat,
  WavOutputFormat,
  WebMOutputFormat,
} from 'mediabunny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poster, probe } from '../media-node.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'media-'));
});
afterAll(() => rm(directory, { recursive: true }));

interface Made {
  readonly format: OutputFormat;
  readonly seconds: number;
  readonly fps?: number;
  readonly frameBytes?: number;
  readonly rotation?: 0 | 90 | 180 | 270;
  readonly audio?: boolean;
  readonly video?: boolean;
}

/** A file of a real muxer; only the pictures and tones in it are noise, which nobody here decodes. */
async function make(name: string, made: Made): Promise<string> {
  const { format, seconds, fps = 25, frameBytes = 400, rotation = 0, video = true, audio = true } = made;
  const path = join(directory, name);
  const output = new Output({ format, target: new FilePathTarget(path) });
  const pictures = new EncodedVideoPacketSource('vp9');
  const tones = new EncodedAudioPacketSource(name.endsWith('.wav') ? 'pcm-s16' : 'opus');
  if (video) output.addVideoTrack(pictures, { rotation, frameRate: fps });
  if (audio) output.addAudioTrack(tones);
  await output.start();
  const rate = name.endsWith('.wav') ? 10 : 50;
  const audioConfig = {
    codec: name.endsWith('.wav') ? 'pcm-s16' : 'opus',
    sampleRate: 48_000,
    numberOfChannels: 2,
  };
  const addPictures = async (): Promise<void> => {
    for (let i = 0; i < seconds * fps; i++) {
      const data = new Uint8Array(frameBytes).fill(i);
      const packet = new EncodedPacket(data, i % fps === 0 ? 'key' : 'delta', i / fps, 1 / fps);
      await pictures.add(packet, {
        decoderConfig: { codec: 'vp09.00.31.08', codedWidth: 1280, codedHeight: 720 },
      });
    }
    pictures.close();
  };
  const addTones = async (): Promise<void> => {
    for (let i = 0; i < seconds * rate; i++) {
      const bytes = name.endsWith('.wav') ? (48_000 / rate) * 4 : 80;
      await tones.add(new EncodedPacket(new Uint8Array(bytes), 'key', i / rate, 1 / rate), {
        decoderConfig: audioConfig,
      });
    }
    tones.close();
  };
  await Promise.all([video && addPictures(), audio && addTones()]);
  await output.finalize();
  return path;
}

const VIDEO = { kind: 'video', width: 1280, height: 720, rotation: 0, fps: 25, videoCodec: 'vp9' } as const;
const SOUND = { audioCodec: 'opus', sampleRate: 48_000, channels: 2 } as const;

describe('probe', () => {
  it.each([
    ['a.mp4', () => new Mp4OutputFormat(), 'MP4'],
    ['a.fast.mp4', () => new Mp4OutputFormat({ fastStart: 'in-memory' }), 'MP4'],
    ['a.fragmented.mp4', () => new Mp4OutputFormat({ fastStart: 'fragmented' }), 'MP4'],
    ['a.mov', () => new MovOutputFormat(), 'QuickTime File Format'],
    ['a.webm', () => new WebMOutputFormat(), 'WebM'],
    ['a.mkv', () => new MkvOutputFormat(), 'Matroska'],
  ])('reads %s', async (name, format, container) => {
    const path = await make(name, { format: format(), seconds: 4, audio: !name.endsWith('.mov') });
    const facts = await probe(path);
    expect(facts).toMatchObject({ ...VIDEO, ...(name.endsWith('.mov') ? {} : SOUND), container });
    expect(facts.durationSeconds).toBeCloseTo(4, 1);
    expect(facts.mimeType).toContain('vp09.00.31.08');
    expect(facts.reason).toBeUndefined();
  });

  it('gives width and height as shown, after rotation', async () => {
    const path = await make('portrait.mp4', { format: new Mp4OutputFormat(), seconds: 1, rotation: 90 });
    expect(await probe(pathToFileURL(path))).toMatchObject({ width: 720, height: 1280, rotation: 90 });
  });

  it('reads sound alone', async () => {
    const path = await make('a.wav', { format: new WavOutputFormat(), seconds: 2, video: false });
    const facts = await probe(await openAsBlob(path));
    expect(facts).toMatchObject({ kind: 'audio', container: 'WAVE', audioCodec: 'pcm-s16', sampleRate: 48_000 });
    expect(facts.durationSeconds).toBeCloseTo(2, 2);
    expect(facts.bitrate).toBeCloseTo(48_000 * 4 * 8, -4);
    expect(facts.width).toBeUndefined();
  });

  it.each([
    ['big.mp4', () => new Mp4OutputFormat(), 400_000],
    ['big.fast.mp4', () => new Mp4OutputFormat({ fastStart: 'in-memory' }), 200_000],
    ['big.webm', () => new WebMOutputFormat(), 2_500_000],
  ])('reads little of %s, 100 MB', async (name, format, most) => {
    const path = await make(name, { format: format(), seconds: 100, frameBytes: 40_000 });
    const blob = await openAsBlob(path);
    expect(blob.size).toBeGreaterThan(100_000_000);
    const facts = await probe(path);
    expect(facts).toMatchObject(VIDEO);
    expect(facts.durationSeconds).toBeCloseTo(100, 1);
    expect(facts.bitrate).toBeCloseTo((blob.size * 8) / 100, -5);
    expect(facts.bytesRead).toBeLessThan(most);
    await rm(path);
  });

  it('does not read beyond its limit', async () => {
    const path = await make('limited.mp4', { format: new Mp4OutputFormat(), seconds: 4 });
    const facts = await probe(path, { maxBytes: 2_000 });
    expect(facts.kind).toBe('unknown');
    expect(facts.bytesRead).toBeLessThanOrEqual(2_000);
    expect(facts.reason).toBe('More of the file would have to be read than is allowed.');
  });

  it('answers unknown for what it does not know, with a reason', async () => {
    const file = async (name: string, content: string | Uint8Array): Promise<string> => {
      const path = join(directory, name);
      await writeFile(path, content);
      return path;
    };
    expect(await probe(await file('notes.mp4', 'not a video at all '.repeat(100)))).toMatchObject({
      kind: 'unknown',
      reason: 'The format is not one of MP4, MOV, WebM, Matroska, MPEG-TS, MP3, AAC, WAV, FLAC and Ogg.',
    });
    expect(await probe(await file('empty.mp4', ''))).toEqual({
      kind: 'unknown',
      bytesRead: 0,
      reason: 'The file is empty.',
    });
    const cut = await make('cut.mp4', { format: new Mp4OutputFormat(), seconds: 4 });
    await truncate(cut, 3_000);
    expect((await probe(cut)).kind).toBe('unknown');
    const noise = new Uint8Array(300_000).map((_, i) => (i * 7919) ^ (i >> 3));
    for (const name of ['noise.ts', 'noise.mp3', 'noise.webm']) {
      expect((await probe(await file(name, noise))).bytesRead).toBeLessThanOrEqual(2 * noise.length);
    }
  });

  it('tells images by their name: Node does not decode them', async () => {
    expect(await probe(new File([new Uint8Array(10)], 'a.jpg', { type: 'image/jpeg' }))).toEqual({
      kind: 'image',
      container: 'image/jpeg',
      bytesRead: 0,
      reason: 'Images are measured in browsers only.',
    });
  });

  it('rejects for a file that is not there', async () => {
    await expect(probe(join(directory, 'nowhere.mp4'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('makes no posters in Node', async () => {
  expect(await poster(new Blob([new Uint8Array(10)]))).toBeUndefined();
});
