import { Readable } from 'node:stream';
import { crc64Combine } from '@sluice/wire';
import type { Extent } from './catalog/manifest.js';
import type { BodySums, ByteRange, StorageEngine, StoredBlob } from './engine/engine.js';
import { piecesOf, quarantined } from './read-object.js';

const BUFFER_BYTES = 256 * 1024;

/**
 * Reads a stretch of an object and stores it as a blob of its own, in fixed memory. The caller holds the blobs that are
 * read (see `openObject`).
 * @param range absent: nothing, as of an empty object
 * @throws what the engine throws on either side; the signal's reason
 */
export async function storeStretch(
  engine: StorageEngine,
  source: {
    readonly extents: readonly Extent[];
    readonly range: ByteRange | undefined;
    /** Blobs that are quarantined; they are never made into others. */
    readonly damaged: ReadonlySet<string>;
  },
  { signal, verify }: { signal: AbortSignal; verify?: (sums: BodySums) => void },
): Promise<StoredBlob> {
  const { extents, range, damaged } = source;
  if (range && piecesOf(extents, range).some(({ blob }) => damaged.has(blob))) throw quarantined();
  let failure: { readonly error: unknown } | undefined;
  let reading: Readable | undefined;
  let over = false;
  const opened = (stream: Readable): void => {
    reading = stream;
    if (over) stream.destroy();
  };
  const bytes = range ? range.end - range.start + 1 : 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      if (range) yield* bytesOf(engine, extents, range, opened);
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  const stream = Readable.from(chunks(), { objectMode: false, highWaterMark: BUFFER_BYTES });
  try {
    return await engine.put(stream, { length: bytes, maxBytes: bytes, signal, ...(verify ? { verify } : {}) });
  } catch (error) {
    // An engine takes a body that ends early for a sender who went away; here the sender is this server.
    throw failure ? failure.error : error;
  } finally {
    stream.destroy();
    // A generator that waits for a chunk is not told of it: the chunk may never come.
    over = true;
    reading?.destroy();
  }
}

/**
 * What the bytes of a range were stored with: what is read again, to become a blob with a CRC64 of its own, is compared with it.
 * @returns `undefined` for a range that begins or ends within a blob, and where a CRC64 was not recorded
 */
export function recordedCrc64(extents: readonly Extent[], range: ByteRange): bigint | undefined {
  let at = 0;
  let begun = false;
  let sum = 0n;
  for (const [, size, crc64] of extents) {
    begun ||= at === range.start;
    if (begun && crc64 === undefined) return undefined;
    if (begun && crc64 !== undefined) sum = crc64Combine(sum, BigInt(crc64), size);
    at += size;
    if (at > range.end) return begun && at === range.end + 1 ? sum : undefined;
  }
  return undefined;
}

async function* bytesOf(
  engine: StorageEngine,
  extents: readonly Extent[],
  range: ByteRange,
  onOpen: (stream: Readable) => void,
): AsyncGenerator<Buffer> {
  for (const piece of piecesOf(extents, range)) {
    let seen = 0;
    const stream = await engine.read(piece.blob, piece);
    onOpen(stream);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      seen += chunk.length;
      yield chunk;
    }
    const due = piece.end - piece.start + 1;
    if (seen !== due) throw new Error(`blob ${piece.blob} is shorter than recorded: ${seen} of ${due} bytes`);
  }
}
