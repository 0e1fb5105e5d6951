import { baseName, type FilePort, type OpenNativeFile, oneAtATime } from './file-port.js';

/** As much of `expo-file-system` (54 or newer) as is used. */
export interface ExpoFileSystem {
  readonly File: new (uri: string) => ExpoFile;
}

export interface ExpoFile {
  readonly exists: boolean;
  readonly size: number | null;
  readonly name?: string | undefined;
  readonly type?: string | null | undefined;
  /** 55 or newer. */
  readonly lastModified?: number | null | undefined;
  /** Before. */
  readonly modificationTime?: number | null | undefined;
  open(): ExpoFileHandle;
}

export interface ExpoFileHandle {
  offset: number | null;
  readonly size: number | null;
  /** A promise since 58. */
  readBytes(length: number): Uint8Array | Promise<Uint8Array>;
  close(): void;
}

/**
 * Files of Expo, read through a `FileHandle`. `File.slice()` and blobs are never used: up to 58 they read the whole file.
 *
 * @example
 * import * as FileSystem from 'expo-file-system';
 * const files = expoFilePort(FileSystem);
 */
export function expoFilePort(fileSystem: ExpoFileSystem): FilePort {
  return {
    async open(uri) {
      const file = new fileSystem.File(uri.includes('://') ? uri : `file://${uri}`);
      if (!file.exists) throw new Error(`${uri} does not exist, or may not be read.`);
      return openHandle(uri, file, openForReading(fileSystem, file));
    },
  };
}

// Without a mode a `file://` URI is opened for writing too, which fails for files the application may only read.
function openForReading(fileSystem: ExpoFileSystem, file: ExpoFile): ExpoFileHandle {
  const mode = (fileSystem as { FileMode?: { ReadOnly?: unknown } }).FileMode?.ReadOnly;
  return mode === undefined ? file.open() : (file.open as (mode: unknown) => ExpoFileHandle).call(file, mode);
}

function openHandle(uri: string, file: ExpoFile, handle: ExpoFileHandle): OpenNativeFile {
  const alone = oneAtATime();
  return {
    size: handle.size ?? file.size ?? 0,
    lastModified: file.lastModified ?? file.modificationTime ?? undefined,
    name: file.name || baseName(uri),
    type: file.type || undefined,
    read: (offset, length) =>
      alone(async () => {
        handle.offset = offset;
        return handle.readBytes(length);
      }),
    close: () => alone(async () => handle.close()),
  };
}
