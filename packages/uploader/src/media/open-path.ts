import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Readable } from './readable.js';

/** @throws whatever the file system says */
export async function openPath(path: string | URL): Promise<Readable & { close(): Promise<void> }> {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const handle = await open(file, 'r');
  const { size } = await handle.stat();
  return {
    size,
    name: basename(file),
    type: '',
    async read(start, end) {
      const buffer = Buffer.allocUnsafe(end - start);
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, start + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return buffer.subarray(0, done);
    },
    close: () => handle.close(),
  };
}
