import { statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { streamSource } from '../core/stream-source.js';
import { localError } from '../core/upload-error.js';
import type { FileSource, PartHasher, SourceOverrides } from '../ports.js';
import { fileRange, rangeCrc64 } from './range-body.js';

/** A path, a `file:` URL, bytes in memory, a Blob, or a stream of unknown length (of Node or of the web). */
export type NodeFile = string | URL | Uint8Array | Blob | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export async function openNodeFile(
  file: NodeFile,
  overrides: SourceOverrides,
  hasher: PartHasher,
): Promise<FileSource> {
  if (file instanceof Uint8Array) return bufferSource(file, overrides, hasher);
  if (file instanceof Blob) return blobSource(file, overrides, hasher);
  if (typeof file === 'string') return fileSource(file, overrides);
  if (file instanceof URL) return fileSource(fileURLToPath(file), overrides);
  if (isStream(file)) return streamSource(file, overrides);
  throw localError('FileUnreadable', 'What is to be uploaded is no path, file: URL, bytes, Blob or stream.');
}

const isStream = (file: unknown): boolean =>
  typeof file === 'object' && file !== null && (Symbol.asyncIterator in file || 'getReader' in file);

/** One system call, so that the queue can tell small files from big ones without opening them. */
export function sizeOfNodeFile(file: NodeFile): number | undefined {
  if (file instanceof Uint8Array) return file.length;
  if (file instanceof Blob) return file.size;
  if (typeof file !== 'string' && !(file instanceof URL)) return undefined;
  try {
    return statSync(file).size;
  } catch {
    // What is wrong with it is told when it is opened: upload() never throws.
    return undefined;
  }
}

/** Reads ranges of a file; holds one file handle. */
async function fileSource(path: string, overrides: SourceOverrides): Promise<FileSource> {
  // Of a pipe or a device no size is told, and an empty object would be uploaded; opening a pipe may wait for ever.
  if (!(await stat(path)).isFile()) throw localError('FileUnreadable', `${path} is not a file.`);
  const handle = await open(path, 'r');
  const { size, mtimeMs } = await handle.stat().catch(async (error: unknown) => closing(handle, error));
  const lastModified = Math.trunc(mtimeMs);
  return {
    name: overrides.fileName ?? basename(path),
    size,
    lastModified,
    type: overrides.contentType ?? '',
    // The program that takes it up again may run elsewhere.
    handle: resolve(path),
    slice: async (start, end) => fileRange(handle, start, end),
    crc64: (start, end) => rangeCrc64(handle, start, end),
    // The path, not the handle: a file that was replaced has changed too.
    check: async () => {
      const now = await stat(path).catch((cause: unknown) => {
        throw localError('FileUnreadable', `${path} can no longer be read.`, cause);
      });
      if (now.size !== size || Math.trunc(now.mtimeMs) !== lastModified) {
        throw localError('FileChanged', `${path} changed while it was uploaded.`);
      }
    },
    close: () => handle.close(),
  };
}

async function closing(handle: FileHandle, error: unknown): Promise<never> {
  await handle.close();
  throw error;
}

function bufferSource(data: Uint8Array, overrides: SourceOverrides, hasher: PartHasher): FileSource {
  return {
    name: overrides.fileName ?? 'upload',
    size: data.length,
    lastModified: 0,
    type: overrides.contentType ?? '',
    slice: async (start, end) => {
      const body = data.subarray(start, end);
      return { body, crc64: hasher.crc64(body) };
    },
    crc64: (start, end) => hasher.crc64(data.subarray(start, end)),
    check: async () => {},
  };
}

// Read once into memory, hashed and sent from there: a Blob of Node would be copied for each.
function blobSource(blob: Blob, overrides: SourceOverrides, hasher: PartHasher): FileSource {
  const read = async (start: number, end: number) => {
    const bytes = await blob
      .slice(start, end)
      .arrayBuffer()
      .catch((cause: unknown) => {
        throw localError('FileUnreadable', 'The file could not be read.', cause);
      });
    return new Uint8Array(bytes);
  };
  return {
    name: overrides.fileName ?? ('name' in blob && typeof blob.name === 'string' && blob.name ? blob.name : 'upload'),
    size: blob.size,
    lastModified: 'lastModified' in blob && typeof blob.lastModified === 'number' ? blob.lastModified : 0,
    type: overrides.contentType ?? blob.type,
    slice: async (start, end) => {
      const body = await read(start, end);
      return { body, crc64: hasher.crc64(body) };
    },
    crc64: async (start, end) => hasher.crc64(await read(start, end)),
    check: async () => {},
  };
}
