import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDiskEngine } from './engine/disk/disk-engine.js';
import type { StorageEngine } from './engine/engine.js';
import { type Piece, PieceReader } from './piece-reader.js';

const SIZE = 1_000_000;
const bodies = [randomBytes(SIZE), randomBytes(SIZE), randomBytes(SIZE)];
let directory: string;
let engine: StorageEngine;
let pieces: Piece[];
/** Streams in the order they were opened, by blob. */
let opened: { blob: string; stream: Readable }[];
let refused: string | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-pieces-'));
  const disk = await openDiskEngine({ directory, random: { bytes: (length) => randomBytes(length) } });
  opened = [];
  refused = undefined;
  engine = {
    ...disk,
    async read(blob, range) {
      if (blob === refused) throw new Error('refused');
      const stream = await disk.read(blob, range);
      opened.push({ blob, stream });
      return stream;
    },
  };
  pieces = [];
  for (const body of bodies) {
    const signal = new AbortController().signal;
    const { blob } = await disk.put(Readable.from([body]), { maxBytes: SIZE, signal });
    pieces.push({ blob, start: 0, end: SIZE - 1 });
  }
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const blobs = () => opened.map(({ blob }) => pieces.findIndex((piece) => piece.blob === blob));

it('opens the next piece when little of this one is left, once, and never the one after', async () => {
  const reader = new PieceReader(engine, pieces);
  const first = await reader.open(0);
  reader.near(0, 900_000);
  expect(blobs()).toEqual([0]);
  for (const left of [500_000, 100_000, 0]) reader.near(0, left);
  await expect.poll(blobs).toEqual([0, 1]);
  expect((await buffer(first)).equals(bodies[0] as Buffer)).toBe(true);
  expect((await buffer(await reader.open(1))).equals(bodies[1] as Buffer)).toBe(true);
  expect((await buffer(await reader.open(2))).equals(bodies[2] as Buffer)).toBe(true);
  reader.near(2, 0);
  expect(blobs()).toEqual([0, 1, 2]);
});

it('says when its piece is asked for that it could not be opened ahead', async () => {
  const reader = new PieceReader(engine, pieces);
  refused = pieces[1]?.blob;
  reader.near(0, 0);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(reader.open(1)).rejects.toThrow('refused');
});

it('opens a piece again whose stream ended badly while it waited', async () => {
  const reader = new PieceReader(engine, pieces);
  reader.near(0, 0);
  await expect.poll(blobs).toEqual([1]);
  opened[0]?.stream.destroy(new Error('the store lost patience'));
  expect((await buffer(await reader.open(1))).equals(bodies[1] as Buffer)).toBe(true);
});

it('closes what was opened ahead, also what is being opened', async () => {
  const early = new PieceReader(engine, pieces);
  early.near(0, 0);
  await expect.poll(blobs).toEqual([1]);
  early.close();
  const late = new PieceReader(engine, pieces);
  late.near(1, 0);
  late.close();
  late.near(0, 0);
  await expect.poll(() => opened.map(({ stream }) => stream.destroyed)).toEqual([true, true]);
});
