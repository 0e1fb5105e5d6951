import { write } from 'node:fs';
import { promisify } from 'node:util';

export type WriteSome = (
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>;

/**
 * Bytes of one call. ext4 takes a single piece of the page cache for what one call writes, and for pieces of 1 MiB the kernel
 * needs two to three times the processor time of 256 KiB.
 */
const MOST_AT_ONCE = 256 * 1024;

const writeFile: WriteSome = promisify(write);

/** Writes all bytes at `position`, going on after short writes. */
export async function writeAll(
  file: number,
  bytes: Uint8Array,
  position: number,
  writeSome: WriteSome = writeFile,
): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await writeSome(
      file,
      bytes,
      done,
      Math.min(bytes.length - done, MOST_AT_ONCE),
      position + done,
    );
    done += bytesWritten;
  }
}
