import { statSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobUtilFs, expoFileSystem } from '../testing/native-libraries.js';
import { base64Bytes } from './base64-bytes.js';
import { blobUtilFilePort } from './blob-util-file-port.js';
import { expoFilePort } from './expo-file-port.js';
import { baseName, type FilePort, namedUri } from './file-port.js';
import { openNativeFile } from './file-source.js';
import { yieldingHasher } from './yielding-hasher.js';

let directory = '';
let path = '';
const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i * 31 + (i >> 8));

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-native-'));
  path = join(directory, 'a talk.mp4');
  await writeFile(path, bytes);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const ports: readonly (readonly [string, () => FilePort])[] = [
  ['expo-file-system 58 (readBytes is asynchronous)', () => expoFilePort(expoFileSystem(directory, true))],
  ['expo-file-system 54 (readBytes is synchronous)', () => expoFilePort(expoFileSystem(directory, false))],
  ['react-native-blob-util', () => blobUtilFilePort(blobUtilFs(directory))],
];

describe.each(ports)('the file port over %s', (_, port) => {
  it('reads ranges, also many at once', async () => {
    const file = await port().open(pathToFileURL(path).href);
    expect(file.size).toBe(bytes.length);
    const starts = [250_000, 0, 100_000, 299_999, 7];
    const parts = await Promise.all(starts.map((start) => file.read(start, 1000)));
    for (const [i, start] of starts.entries()) expect(parts[i]).toEqual(bytes.slice(start, start + 1000));
    await file.close();
  });

  it('tells name and time of change', async () => {
    const file = await port().open(pathToFileURL(path).href);
    expect(file.name).toBe('a talk.mp4');
    expect(file.lastModified).toBeCloseTo(statSync(path).mtimeMs, -1);
    await file.close();
  });

  it('rejects a file that is not there', async () => {
    await expect(port().open(`file://${directory}/none.mp4`)).rejects.toThrow();
  });

  it('makes a source whose parts and checksums are those of the file', async () => {
    const hasher = yieldingHasher();
    const source = await openNativeFile(port(), { uri: pathToFileURL(path).href, name: 'x.mov' }, {}, hasher);
    expect(source).toMatchObject({ name: 'x.mov', size: bytes.length });
    const part = await source.slice(100_000, 200_000);
    expect(part.body).toEqual(bytes.slice(100_000, 200_000));
    expect(await part.crc64).toBe(await hasher.crc64(bytes.slice(100_000, 200_000)));
    expect(await source.crc64(0, 10)).toBe(await hasher.crc64(bytes.slice(0, 10)));
    await source.check();
    await source.close?.();
  });
});

describe('the file port of Expo', () => {
  it('opens for reading only where the library has a name for it', async () => {
    const modes: unknown[] = [];
    await (await expoFilePort(expoFileSystem(directory, true, modes)).open(path)).close();
    expect(modes).toEqual(['r']);
  });
});

describe('the file port of react-native-blob-util', () => {
  it('leaves no copies behind, also when reading them fails', async () => {
    const copies: string[] = [];
    const fs = blobUtilFs(directory, copies);
    await (await blobUtilFilePort(fs).open(path)).read(5, 10);
    const broken = blobUtilFilePort({ ...fs, readFile: () => Promise.reject(new Error('no memory')) });
    await expect((await broken.open(path)).read(5, 10)).rejects.toThrow('no memory');
    expect(copies).toHaveLength(2);
    for (const copy of copies) await expect(stat(copy)).rejects.toThrow();
  });

  it('opens a file with a % in its name, also where the URI is not encoded', async () => {
    const odd = join(directory, '100% mine.mp4');
    await writeFile(odd, 'hello');
    for (const uri of [odd, `file://${odd}`, pathToFileURL(odd).href]) {
      expect((await blobUtilFilePort(blobUtilFs(directory)).open(uri)).size).toBe(5);
    }
  });

  it('decodes base64 like Node, line breaks or not', () => {
    for (const length of [0, 1, 2, 3, 4, 100, 4097]) {
      const part = bytes.slice(0, length);
      const text = Buffer.from(part).toString('base64');
      expect(base64Bytes(text)).toEqual(part);
      expect(base64Bytes(text.replace(/(.{76})/g, '$1\r\n'))).toEqual(part);
    }
  });
});

describe('a source on the device', () => {
  const half = (size: number): FilePort => ({
    // Gives less than is asked for.
    open: async () => ({
      size,
      read: async (offset, length) => bytes.slice(offset, offset + Math.ceil(length / 2)),
      close() {},
    }),
  });

  it('asks again for what a read left out', async () => {
    const source = await openNativeFile(half(bytes.length), 'file:///x.mp4', {}, yieldingHasher());
    expect((await source.slice(10, 5000)).body).toEqual(bytes.slice(10, 5000));
  });

  it('notices that the file became shorter, was replaced, or is gone', async () => {
    const files = new Map([['file:///x.mp4', { size: 1000, lastModified: 5 }]]);
    const port: FilePort = {
      open: async (uri) => {
        const file = files.get(uri);
        if (!file) throw new Error('ENOENT');
        return {
          ...file,
          read: async (offset, length) => bytes.slice(offset, Math.min(offset + length, file.size)),
          close() {},
        };
      },
    };
    const source = await openNativeFile(port, 'file:///x.mp4', {}, yieldingHasher());
    await source.check();
    await expect(source.slice(500, 1500)).rejects.toMatchObject({ code: 'FileChanged' });
    files.set('file:///x.mp4', { size: 1000, lastModified: 6 });
    await expect(source.check()).rejects.toMatchObject({ code: 'FileChanged' });
    files.clear();
    await expect(source.check()).rejects.toMatchObject({ code: 'FileUnreadable' });
  });

  it('is named by what the picker said, then the library, then the URI', () => {
    expect(namedUri({ uri: 'content://1', fileName: 'a.mov', mimeType: 'video/quicktime', type: 'video' })).toEqual({
      uri: 'content://1',
      name: 'a.mov',
      type: 'video/quicktime',
    });
    expect(namedUri({ uri: 'u', name: null, type: 'video' })).toEqual({ uri: 'u', name: undefined, type: undefined });
    expect(baseName('content://com.android.providers/document/primary%3AMovies%2Fmy%20talk.mp4')).toBe('my talk.mp4');
    expect(baseName('file:///var/mobile/a%20b.mp4?x=1')).toBe('a b.mp4');
    expect(baseName('/sdcard/100%.mp4')).toBe('100%.mp4');
    expect(baseName('file:///')).toBeUndefined();
  });
});

describe('the hasher', () => {
  it('lets others run while it works', async () => {
    let clock = 0;
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    // Every look at the clock finds 6 ms gone: a slow phone.
    await yieldingHasher(() => (clock += 6)).crc64(new Uint8Array(2 * 1024 * 1024));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});
