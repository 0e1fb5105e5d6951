import type { BlobUtilFs } from '../blob-util-file-port.js';
import { type FilePort, pathOf } from '../file-port.js';
import type { PartFiles } from './ports.js';

/** Copied natively; nothing passes through JavaScript. */
export function blobUtilPartFiles(fs: Pick<BlobUtilFs, 'dirs' | 'slice' | 'unlink'>): PartFiles {
  const remove = async (path: string) => {
    await fs.unlink(path).catch(() => undefined);
  };
  return {
    async write(uri, start, end, name) {
      const part = `${fs.dirs.CacheDir}/${name}`;
      try {
        await fs.slice(pathOf(uri), part, start, end);
        return part;
      } catch (error) {
        await remove(part);
        throw error;
      }
    },
    remove,
  };
}

/** As much of `expo-file-system` (54 or newer) as is used. */
export interface ExpoPartFileSystem {
  readonly File: new (
    ...uris: string[]
  ) => {
    readonly uri: string;
    readonly exists: boolean;
    create(options?: { overwrite?: boolean }): void;
    delete(): void;
    open(): { offset: number | null; writeBytes(bytes: Uint8Array): unknown; close(): void };
  };
  readonly Paths: { readonly cache: { readonly uri: string } };
}

const CHUNK = 1024 * 1024;

/** Read and written in pieces of 1 MiB: Expo copies no ranges natively. */
export function expoPartFiles(fileSystem: ExpoPartFileSystem, files: FilePort): PartFiles {
  return {
    async write(uri, start, end, name) {
      const source = await files.open(uri);
      const part = new fileSystem.File(fileSystem.Paths.cache.uri, name);
      try {
        part.create({ overwrite: true });
        const handle = part.open();
        try {
          for (let at = start; at < end; ) {
            const bytes = await source.read(at, Math.min(CHUNK, end - at));
            if (bytes.length === 0) throw new Error('The file became shorter.');
            await handle.writeBytes(bytes);
            at += bytes.length;
          }
        } finally {
          handle.close();
        }
        return part.uri;
      } catch (error) {
        if (part.exists) part.delete();
        throw error;
      } finally {
        await source.close();
      }
    },
    async remove(path) {
      const part = new fileSystem.File(path);
      if (part.exists) part.delete();
    },
  };
}
