import { type FileHandle, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc64 } from '@sluice/wire';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteRange } from '../ports.js';
import { fileRange, rangeCrc64 } from './range-body.js';

const SIZE = 3_000_000;
const bytes = new Uint8Array(SIZE).map((_, i) => i * 31 + (i >> 8) * 7);

let directory: string;
let path: string;
let handle: FileHandle;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'range-'));
  path = join(directory, 'a.mp4');
  await writeFile(path, bytes);
  handle = await open(path, 'r');
});
afterEach(async () => {
  await handle.close().catch(() => {});
  await rm(directory, { recursive: true });
});

const bodyOf = (part: { body: unknown }) => part.body as ByteRange;

async function collect(body: ByteRange): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of body.chunks()) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** Whether a promise has settled by now. */
const settled = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise<boolean>((done) => setTimeout(() => done(false), 20))]);

describe('fileRange', () => {
  it.each([
    [0, SIZE],
    [1, 2],
    [524_287, 524_289],
    [100_000, 1_148_576],
  ])('gives bytes %i to %i, and their CRC', async (start, end) => {
    const part = fileRange(handle, start, end);
    const { crc64: sum } = part;
    expect(bodyOf(part).size).toBe(end - start);
    expect((await collect(bodyOf(part))).equals(bytes.subarray(start, end))).toBe(true);
    expect(await sum).toBe(crc64(bytes.subarray(start, end)));
  });

  it('an empty range has the CRC of nothing', async () => {
    expect(await fileRange(handle, 5, 5).crc64).toBe(0n);
  });

  it('uses one buffer for all readings that follow each other', async () => {
    const buffers = new Set<ArrayBufferLike>();
    for (const start of [0, 1_000_000, 2_000_000]) {
      for await (const chunk of bodyOf(fileRange(handle, start, start + 1_000_000)).chunks()) buffers.add(chunk.buffer);
    }
    expect(buffers.size).toBe(1);
  });

  it('readings at the same time do not meet', async () => {
    const parts = [0, 1, 2].map((i) => fileRange(handle, i * 1_000_000, (i + 1) * 1_000_000));
    const read = await Promise.all(parts.map((part) => collect(bodyOf(part))));
    expect(Buffer.concat(read).equals(bytes)).toBe(true);
  });

  it('a reading that is broken off settles nothing; the next one does', async () => {
    const part = fileRange(handle, 0, SIZE);
    const { crc64: sum } = part;
    for await (const _ of bodyOf(part).chunks()) break;
    expect(await settled(sum)).toBe(false);
    await collect(bodyOf(part));
    expect(await sum).toBe(crc64(bytes));
  });

  it('an older reading that comes to its end late does not speak for the newer one', async () => {
    const part = fileRange(handle, 0, SIZE);
    const older = bodyOf(part).chunks()[Symbol.asyncIterator]();
    await older.next();
    const newer = bodyOf(part).chunks()[Symbol.asyncIterator]();
    await newer.next();
    while (!(await older.next()).done);
    expect(await settled(part.crc64)).toBe(false);
    while (!(await newer.next()).done);
    expect(await part.crc64).toBe(crc64(bytes));
  });

  it('tells of the bytes that went last when it is read again', async () => {
    const part = fileRange(handle, 0, 1000);
    await collect(bodyOf(part));
    const first = await part.crc64;
    const changed = bytes.slice();
    changed[10] = 255 - (changed[10] as number);
    await writeFile(path, changed);
    await collect(bodyOf(part));
    expect(await part.crc64).toBe(crc64(changed.subarray(0, 1000)));
    expect(await part.crc64).not.toBe(first);
  });

  it('is FileChanged when the file became shorter, for the reader and for the CRC', async () => {
    await truncate(path, 700_000);
    const part = fileRange(handle, 0, SIZE);
    await expect(collect(bodyOf(part))).rejects.toMatchObject({ code: 'FileChanged' });
    await expect(part.crc64).rejects.toMatchObject({ code: 'FileChanged' });
    await writeFile(path, bytes);
    await collect(bodyOf(part));
    expect(await part.crc64).toBe(crc64(bytes));
  });

  it('is FileUnreadable when it cannot be read', async () => {
    await handle.close();
    const part = fileRange(handle, 0, SIZE);
    await expect(collect(bodyOf(part))).rejects.toMatchObject({ code: 'FileUnreadable' });
    await expect(part.crc64).rejects.toMatchObject({ code: 'FileUnreadable' });
  });

  it('released before it was read, it rejects what is awaited and leaves nothing unhandled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const part = fileRange(handle, 0, SIZE);
    part.release?.();
    await new Promise((done) => setTimeout(done, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
    await expect(part.crc64).rejects.toMatchObject({ code: 'Canceled' });
  });

  it('released after it was read, it keeps its CRC', async () => {
    const part = fileRange(handle, 0, 1000);
    await collect(bodyOf(part));
    part.release?.();
    expect(await part.crc64).toBe(crc64(bytes.subarray(0, 1000)));
  });
});

describe('rangeCrc64', () => {
  it('is the CRC of the range', async () => {
    expect(await rangeCrc64(handle, 0, SIZE)).toBe(crc64(bytes));
    expect(await rangeCrc64(handle, 7, 1_000_003)).toBe(crc64(bytes.subarray(7, 1_000_003)));
    expect(await rangeCrc64(handle, 7, 7)).toBe(0n);
  });

  it('rejects beyond the end, and when the file cannot be read', async () => {
    await expect(rangeCrc64(handle, 0, SIZE + 1)).rejects.toMatchObject({ code: 'FileChanged' });
    await handle.close();
    await expect(rangeCrc64(handle, 0, 1)).rejects.toMatchObject({ code: 'FileUnreadable' });
  });
});
