import { base64Bytes } from './base64-bytes.js';
import { baseName, type FilePort, pathOf } from './file-port.js';

/** As much of `react-native-blob-util` as is used: its `fs`. */
export interface BlobUtilFs {
  readonly dirs: { readonly CacheDir: string };
  stat(path: string): Promise<{
    readonly size: number | string;
    readonly lastModified?: number | string | undefined;
    readonly filename?: string | undefined;
    readonly type?: string | undefined;
  }>;
  /** Copies bytes `start` to `end` (excluded) into a file, natively. */
  slice(source: string, destination: string, start: number, end: number): Promise<string>;
  readFile(path: string, encoding: 'base64'): Promise<unknown>;
  unlink(path: string): Promise<unknown>;
}

let counter = 0;

/**
 * Files through react-native-blob-util, for applications without Expo. The library reads no ranges: a range is copied
 * into a file of the cache directory natively, read from there as base64, and removed at once.
 *
 * @example
 * import ReactNativeBlobUtil from 'react-native-blob-util';
 * const files = blobUtilFilePort(ReactNativeBlobUtil.fs);
 */
export function blobUtilFilePort(fs: BlobUtilFs): FilePort {
  return {
    async open(uri) {
      const path = pathOf(uri);
      const { size, lastModified, filename, type } = await fs.stat(path);
      const changed = Number(lastModified);
      return {
        size: Number(size),
        lastModified: Number.isFinite(changed) && changed > 0 ? changed : undefined,
        name: filename || baseName(uri),
        // It says `file` or `directory` here.
        type: type?.includes('/') ? type : undefined,
        read: (offset, length) => readRange(fs, path, offset, length),
        close: () => {},
      };
    },
  };
}

async function readRange(fs: BlobUtilFs, path: string, offset: number, length: number): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array(0);
  const copy = `${fs.dirs.CacheDir}/sluice-${Date.now().toString(36)}-${++counter}.part`;
  try {
    await fs.slice(path, copy, offset, offset + length);
    return base64Bytes(String(await fs.readFile(copy, 'base64')));
  } finally {
    await fs.unlink(copy).catch(() => undefined);
  }
}
