import { write } from 'node:fs';
import { promisify } from 'node:util';

export type WriteSome = (
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

/** Writes all bytes at `position`, going on after short writes. */
export async function writeAll(
  file: number,
  bytes: Uint8Array,
  position: number,
  writeSome: WriteSome = promisify(write),
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeSome(file, bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
