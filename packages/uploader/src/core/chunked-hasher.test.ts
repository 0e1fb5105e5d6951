import { openAsBlob } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc64 } from '@sluice/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chunkedHasher } from './chunked-hasher.js';

const bytes = new Uint8Array(4_000_000).map((_, i) => i * 31 + (i >> 8));

afterEach(() => {
  vi.useRealTimers();
});

describe('chunkedHasher', () => {
  it.each([0, 1, 524_288, 524_289, 4_000_000])('hashes %i bytes in memory and in a Blob', async (length) => {
    const data = bytes.subarray(0, length);
    expect(await chunkedHasher.crc64(data)).toBe(crc64(data));
    expect(await chunkedHasher.crc64(new Blob([data]))).toBe(crc64(data));
  });

  it('lets go of the thread between pieces', async () => {
    let turns = 0;
    let on = true;
    const turn = () => {
      turns++;
      if (on) setImmediate(turn);
    };
    setImmediate(turn);
    await chunkedHasher.crc64(bytes);
    on = false;
    expect(turns).toBeGreaterThan(3);
  });

  it('refuses a file that changed since it was opened', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'hasher-'));
    const path = join(directory, 'a.mp4');
    await writeFile(path, bytes);
    const file = await openAsBlob(path);
    expect(await chunkedHasher.crc64(file.slice(7, 600_000))).toBe(crc64(bytes.subarray(7, 600_000)));
    await appendFile(path, 'x');
    await expect(chunkedHasher.crc64(file)).rejects.toMatchObject({ code: 'FileUnreadable' });
    await rm(directory, { recursive: true });
  });

  it('gives up a Blob that neither answers nor fails', async () => {
    vi.useFakeTimers();
    class Silent extends Blob {
      override stream = () => new ReadableStream<Uint8Array<ArrayBuffer>>({ pull: () => new Promise(() => {}) });
    }
    const pending = chunkedHasher.crc64(new Silent([bytes]));
    const refused = expect(pending).rejects.toMatchObject({ code: 'FileUnreadable' });
    await vi.advanceTimersByTimeAsync(60_000);
    await refused;
  });

  it('refuses a Blob whose bytes end too early', async () => {
    class Short extends Blob {
      override stream = () => new Blob([bytes.subarray(0, 10)]).stream();
    }
    await expect(chunkedHasher.crc64(new Short([bytes]))).rejects.toMatchObject({ code: 'FileUnreadable' });
  });
});
