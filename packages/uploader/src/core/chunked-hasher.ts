import { crc64 } from '@sluice/wire';
import type { PartHasher } from '../ports.js';
import { asUploadError, localError } from './upload-error.js';

/** Bytes hashed at a stretch: under a millisecond here, about 10 ms on a slow phone. */
const PIECE = 512 * 1024;
/** Milliseconds that a Blob may stay silent; files that are fetched on demand need some. */
const PATIENCE = 60_000;

/** CRC-64 of what had the CRC `state`, and `chunk` after it. */
export type UpdateCrc64 = (state: bigint, chunk: Uint8Array) => bigint;

/**
 * CRC-64 on the calling thread, which is let go after every 512 KiB: so memory stays flat and the thread is never held
 * up. Rejects with `FileUnreadable` when a Blob cannot be read to its end, or is silent for a minute.
 */
export const hashInChunks = (update: UpdateCrc64): PartHasher => ({
  async crc64(body) {
    let value = 0n;
    let held = 0;
    const add = async (chunk: Uint8Array) => {
      for (let at = 0; at < chunk.length; at += PIECE) {
        const piece = chunk.subarray(at, at + PIECE);
        held += piece.length;
        if (held > PIECE) {
          held = piece.length;
          await breathe();
        }
        value = update(value, piece);
      }
    };
    await (body instanceof Uint8Array ? add(body) : read(body, add));
    return value;
  },
});

/** {@link hashInChunks} in plain JavaScript. */
export const chunkedHasher: PartHasher = hashInChunks((state, chunk) => crc64(chunk, state));

/** As a stream: in Chromium that costs half of what reading slices of 1 MiB does. */
async function read(blob: Blob, take: (chunk: Uint8Array) => Promise<void>): Promise<void> {
  const reader = blob.stream().getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read());
      if (done) break;
      length += value.length;
      await take(value);
    }
    if (length !== blob.size) throw localError('FileUnreadable', 'The file ended before its end.');
  } catch (error) {
    // Not awaited: what does not answer would not answer to this either.
    reader.cancel().catch(() => {});
    throw asUploadError(error, 'FileUnreadable', 'The file could not be read');
  }
}

// A Blob that a browser keeps in IndexedDB may neither answer nor fail.
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(localError('FileUnreadable', 'The file does not answer.')), PATIENCE);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Not setTimeout where there is better: browsers stretch it to 4 ms, and to a second in hidden tabs.
function breathe(): Promise<void> {
  return new Promise((done) => {
    if (typeof MessageChannel !== 'function') {
      setTimeout(done, 0);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(0);
  });
}
