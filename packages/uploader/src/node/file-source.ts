import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blobSource } from '../browser/blob-source.js';
import { localError } from '../core/upload-error.js';
import type { FilePart, FileSource, SourceOverrides } from '../ports.js';

/** A path, a `file:` URL, bytes in memory, or a Blob. */
export type NodeFile = string | URL | Uint8Array | Blob;

export async function openNodeFile(file: NodeFile, overrides: SourceOverrides): Promise<FileSource> {
  if (file instanceof Uint8Array) return bufferSource(file, overrides);
  if (file instanceof Blob) return readBlobSource(file, overrides);
  return fileSource(file instanceof URL ? fileURLToPath(file) : file, overrides);
}

/** Reads ranges of a file; holds one file handle and one buffer for each part in flight. */
async function fileSource(path: string, overrides: SourceOverrides): Promise<FileSource> {
  const handle = await open(path, 'r');
  const { size, mtimeMs } = await handle.stat();
  const lastModified = Math.trunc(mtimeMs);
  const free: Buffer[] = [];
  return {
    name: overrides.fileName ?? basename(path),
    size,
    lastModified,
    type: overrides.contentType ?? '',
    slice: (start, end) => readRange(handle, start, end, free),
    // The path, not the handle: a file that was replaced has changed too.
    check: async () => {
      const now = await stat(path).catch((cause: unknown) => {
        throw localError('FileUnreadable', `${path} can no longer be read.`, cause);
      });
      if (now.size !== size || Math.trunc(now.mtimeMs) !== lastModified) throw changed(path);
    },
    close: () => handle.close(),
  };
}

const changed = (path: string) => localError('FileChanged', `${path} changed while it was uploaded.`);

async function readRange(handle: FileHandle, start: number, end: number, free: Buffer[]): Promise<FilePart> {
  const length = end - start;
  // Buffers go round, so that memory is parts in flight × part size and not what the collector has not come to yet.
  const at = free.findIndex((buffer) => buffer.length >= length);
  const buffer = at >= 0 ? (free.splice(at, 1)[0] as Buffer) : Buffer.allocUnsafeSlow(length);
  for (let read = 0; read < length; ) {
    const { bytesRead } = await handle.read(buffer, read, length - read, start + read).catch((cause: unknown) => {
      throw localError('FileUnreadable', 'The file could not be read.', cause);
    });
    if (bytesRead === 0) throw localError('FileChanged', 'The file became shorter while it was uploaded.');
    read += bytesRead;
  }
  return { body: buffer.subarray(0, length), release: () => void free.push(buffer) };
}

function bufferSource(data: Uint8Array, overrides: SourceOverrides): FileSource {
  return {
    name: overrides.fileName ?? 'upload',
    size: data.length,
    lastModified: 0,
    type: overrides.contentType ?? '',
    slice: async (start, end) => ({ body: data.subarray(start, end) }),
    check: async () => {},
  };
}

// Read once into memory, hashed and sent from there: a Blob of Node would be copied for each.
function readBlobSource(blob: Blob, overrides: SourceOverrides): FileSource {
  const source = blobSource(blob, overrides);
  return {
    ...source,
    slice: async (start, end) => ({ body: new Uint8Array(await blob.slice(start, end).arrayBuffer()) }),
  };
}
