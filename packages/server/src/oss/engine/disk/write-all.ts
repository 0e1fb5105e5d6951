import type { FileHandle } from 'node:fs/promises';

/** Writes the chunks at `position`, going on after short writes. */
export async function writeAll(file: FileHandle, chunks: readonly Uint8Array[], position: number): Promise<void> {
  let rest = [...chunks];
  let at = position;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, at);
    at += bytesWritten;
    rest = after(rest, bytesWritten);
  }
}

function after(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let first = 0;
  while (first < chunks.length && skip >= (chunks[first] as Uint8Array).length) {
    skip -= (chunks[first] as Uint8Array).length;
    first++;
  }
  const rest = chunks.slice(first);
  if (skip > 0) rest[0] = (rest[0] as Uint8Array).subarray(skip);
  return rest;
}
