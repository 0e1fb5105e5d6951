import type { FileHandle } from 'node:fs/promises';
import { updateCrc64 } from '../core/fast-crc64.js';
import { localError } from '../core/upload-error.js';
import type { ByteRange, FilePart } from '../ports.js';

/**
 * Bytes read at once. Seconds of processor time for 1 GiB in the page cache, read and hashed / and sent by node:http too:
 * 128 KiB 0.49 / 1.1, 256 KiB 0.42 / 0.84, 512 KiB 0.39 / 0.97, 1 MiB 0.38 / 0.85. Whole parts and the JavaScript CRC took
 * 1.8. Reading one chunk ahead costs as much and twice the memory.
 */
const CHUNK = 256 * 1024;

/** Buffers that are not in use, of each file: they go round, so that memory is chunks in flight and nothing else. */
const idle = new WeakMap<FileHandle, Buffer[]>();

/**
 * Bytes `start` (included) to `end` (excluded) of a file, read while they are sent.
 *
 * - `body.chunks()` begins a new reading, which takes the place of an older one. It throws `FileUnreadable` or, when the
 *   file has become shorter, `FileChanged`. Whoever stops early must end the iteration (`for await` does).
 * - `crc64` is computed on the way and settles when a reading has come to its end, or has failed. A reading that is broken
 *   off settles nothing: the next one does. A reading after a settled one has a promise of its own, so take
 *   `crc64` after the body was sent: it then tells of the bytes that went last.
 * - `release()` rejects what is still awaited with `Canceled`. No rejection of `crc64` is ever unhandled.
 */
export function fileRange(handle: FileHandle, start: number, end: number): FilePart {
  let sum = deferred();
  let current = 0;
  if (start === end) sum.resolve(0n);

  async function* chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const reading = ++current;
    if (sum.settled) sum = deferred();
    let crc = 0n;
    try {
      for await (const chunk of read(handle, start, end)) {
        crc = updateCrc64(crc, chunk);
        yield chunk;
      }
      if (reading === current) sum.resolve(crc);
    } catch (error) {
      if (reading === current) sum.reject(error);
      throw error;
    }
  }
  const body: ByteRange = { size: end - start, chunks };
  return {
    body,
    get crc64() {
      return sum.promise;
    },
    // An error costs its stack: not for every part that went through.
    release() {
      if (!sum.settled) sum.reject(localError('Canceled', 'The part was let go before it was read.'));
    },
  };
}

/** CRC-64 of a range that is not sent. Rejects with `FileUnreadable` or `FileChanged`. */
export async function rangeCrc64(handle: FileHandle, start: number, end: number): Promise<bigint> {
  let crc = 0n;
  for await (const chunk of read(handle, start, end)) crc = updateCrc64(crc, chunk);
  return crc;
}

/** A chunk is valid until the next one is asked for. */
async function* read(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
  const free = idle.get(handle) ?? [];
  idle.set(handle, free);
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(CHUNK);
  try {
    for (let at = start; at < end; at += CHUNK) yield await fill(handle, buffer.subarray(0, end - at), at);
  } finally {
    free.push(buffer);
  }
}

async function fill(handle: FileHandle, buffer: Buffer, position: number): Promise<Buffer> {
  for (let read = 0; read < buffer.length; ) {
    const { bytesRead } = await handle
      .read(buffer, read, buffer.length - read, position + read)
      .catch((cause: unknown) => {
        throw localError('FileUnreadable', 'The file could not be read.', cause);
      });
    if (bytesRead === 0) throw localError('FileChanged', 'The file became shorter while it was uploaded.');
    read += bytesRead;
  }
  return buffer;
}

interface Deferred {
  readonly promise: Promise<bigint>;
  readonly settled: boolean;
  resolve(value: bigint): void;
  reject(error: unknown): void;
}

function deferred(): Deferred {
  let settled = false;
  let resolve: (value: bigint) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<bigint>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  promise.catch(() => {});
  return {
    promise,
    get settled() {
      return settled;
    },
    resolve(value) {
      settled = true;
      resolve(value);
    },
    reject(error) {
      settled = true;
      reject(error);
    },
  };
}
