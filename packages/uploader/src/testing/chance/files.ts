import { crc64 } from '@sluice/wire';
import { streamSource } from '../../core/stream-source.js';
import { localError } from '../../core/upload-error.js';
import type { Clock, FileSource, PartHasher } from '../../ports.js';

/** A file of the device; may be changed under the uploader. */
export interface ChanceFile {
  readonly name: string;
  bytes: Uint8Array;
  lastModified: number;
  unreadable: boolean;
  /** Every content it ever had. */
  readonly versions: Uint8Array[];
  /** Given as a stream of unknown length. */
  readonly stream: ChanceStream | undefined;
}

export interface ChanceStream {
  /** Breaks off here, in bytes. */
  readonly breaksAt: number | undefined;
  /** Says nothing from here on, in bytes, until it is told to. */
  readonly silentAt: number | undefined;
  /** Waiting to be told. */
  wake: (() => void)[];
  awake: boolean;
  ended: boolean;
  /** Bytes given so far. */
  given: number;
}

/** In no time. */
export const hasher: PartHasher = {
  crc64: async (body) => (body instanceof Uint8Array ? crc64(body) : 0n),
};

/** A silent stream goes on. */
export function awaken(stream: ChanceStream): void {
  stream.awake = true;
  for (const wake of stream.wake) wake();
}

const NOISE = noise(6 * 1024 * 1024);

/** Bytes like no others. */
export function content(name: number, version: number, size: number): Uint8Array {
  const at = (name * 104_729 + version * 15_485_863) % (NOISE.length - size);
  return NOISE.subarray(at, at + size);
}

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = 0x9e3779b9;
  for (let i = 0; i < size; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** What a process has open of its files. */
export interface Opened {
  sources: number;
  parts: number;
}

/** @param slow milliseconds every reading takes */
export function openChanceFile(file: ChanceFile, clock: Clock, slow: number, opened: Opened): FileSource {
  if (file.stream) return streamSource(streamOf(file, file.stream, clock, slow), { fileName: file.name });
  const { lastModified } = file;
  const size = file.bytes.length;
  const pass = () => new Promise<void>((resolve) => (slow > 0 ? void clock.setTimeout(resolve, slow) : resolve()));
  const read = async (start: number, end: number) => {
    await pass();
    if (file.unreadable) throw localError('FileUnreadable', 'The file could not be read.');
    if (end > file.bytes.length) throw localError('FileChanged', 'The file became shorter.');
    return file.bytes.slice(start, end);
  };
  let open = true;
  opened.sources++;
  return {
    name: file.name,
    size,
    lastModified,
    type: '',
    handle: file.name,
    slice: async (start, end) => {
      const body = await read(start, end);
      let held = true;
      opened.parts++;
      const release = () => {
        if (held) opened.parts--;
        held = false;
      };
      return { body, crc64: hasher.crc64(body), release };
    },
    crc64: async (start, end) => hasher.crc64(await read(start, end)),
    check: async () => {
      if (file.bytes.length !== size || file.lastModified !== lastModified) {
        throw localError('FileChanged', 'The file changed while it was uploaded.');
      }
    },
    close: async () => {
      if (open) opened.sources--;
      open = false;
    },
  };
}

function streamOf(file: ChanceFile, stream: ChanceStream, clock: Clock, slow: number): AsyncIterable<Uint8Array> {
  const { breaksAt = Number.POSITIVE_INFINITY, silentAt = Number.POSITIVE_INFINITY } = stream;
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    if (stream.ended) return { done: true, value: undefined };
    if (slow > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, slow));
    if (stream.given >= silentAt && !stream.awake) await new Promise<void>((resolve) => stream.wake.push(resolve));
    if (stream.given >= breaksAt) throw new Error('the disk is gone');
    const length = 7000 + ((stream.given * 13) % 90_000);
    const value = file.bytes.slice(stream.given, stream.given + length);
    stream.given += value.length;
    if (value.length > 0) return { done: false, value };
    stream.ended = true;
    return { done: true, value: undefined };
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      return: async () => {
        stream.ended = true;
        awaken(stream);
        return { done: true, value: undefined };
      },
    }),
  };
}
