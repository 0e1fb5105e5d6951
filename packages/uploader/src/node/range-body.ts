import type { FileHandle } from 'node:fs/promises';
import { chunkedHasher } from '../core/chunked-hasher.js';
import { localError } from '../core/upload-error.js';
import type { FilePart } from '../ports.js';

async function read(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(end - start);
  for (let at = 0; at < buffer.length; ) {
    const { bytesRead } = await handle.read(buffer, at, buffer.length - at, start + at).catch((cause: unknown) => {
      throw localError('FileUnreadable', 'The file could not be read.', cause);
    });
    if (bytesRead === 0) throw localError('FileChanged', 'The file became shorter while it was uploaded.');
    at += bytesRead;
  }
  return buffer;
}
export async function fileRange(handle: FileHandle, start: number, end: number): Promise<FilePart> {
  const body = await read(handle, start, end);
  return { body, crc64: chunkedHasher.crc64(body) };
}
export async function rangeCrc64(handle: FileHandle, start: number, end: number): Promise<bigint> {
  return chunkedHasher.crc64(await read(handle, start, end));
}
