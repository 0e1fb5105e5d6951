import type { Readable, Writable } from 'node:stream';
import { drained } from '../http/drained.js';
import type { AnswerStream } from './answer.js';
import { type Extent, findObjectAndExtents } from './catalog/manifest.js';
import type { ObjectName, ObjectRow } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import type { ByteRange, StorageEngine } from './engine/engine.js';
import { OssError } from './oss-error.js';
import type { Pace } from './pace.js';
import { type Piece, PieceReader } from './piece-reader.js';

/** The client left before the end of an answer. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

interface OpenObject {
  readonly object: ObjectRow;
  readonly extents: readonly Extent[];
  /** Blobs that are quarantined. */
  readonly damaged: ReadonlySet<string>;
  /** To be called once, when the bytes are not needed any more. */
  release(): void;
}

export const noSuchKey = ({ key }: ObjectName): OssError =>
  new OssError('NoSuchKey', { extra: [['Key', key]], ec: '0026-00000001' });

/** Finds an object and holds its bytes: overwritten or deleted meanwhile, they stay until the release. */
export async function openObject(plane: DataPlane, name: ObjectName): Promise<OpenObject> {
  const { found, release } = await plane.leases.acquire(async () => {
    const both = await findObjectAndExtents(plane.db, name.bucket, name.key);
    if (!both) throw noSuchKey(name);
    return { found: both, blobs: both.extents.map(([blob]) => blob) };
  });
  return { ...found, release };
}

/** What a reader is told instead of wrong bytes. */
export const quarantined = (): OssError =>
  new OssError('InternalError', {
    message:
      'The stored bytes of this object are damaged, and it is quarantined. Upload it again, or have the operator restore it.',
  });

/**
 * A range of an object as a stream, blob after blob. The first one is opened here, so that a failure still has a status.
 * @throws {OssError} `InternalError` when the range touches bytes that are quarantined
 */
export async function streamObject(
  engine: StorageEngine,
  { extents, damaged, release }: OpenObject,
  range: ByteRange,
  stallMs: number,
): Promise<AnswerStream> {
  const pieces = piecesOf(extents, range);
  if (damaged.size > 0 && pieces.some(({ blob }) => damaged.has(blob))) throw quarantined();
  const reader = new PieceReader(engine, pieces);
  let opened = pieces.length > 0 ? await reader.open(0) : undefined;
  return {
    size: range.end - range.start + 1,
    async send(target, pace) {
      for (const [i, piece] of pieces.entries()) {
        const stream = opened ?? (await reader.open(i));
        opened = undefined;
        // Kept to a pace, what was opened ahead would wait long.
        const onLeft = (left: number) => (pace ? undefined : reader.near(i, left));
        await sendPiece(stream, piece, { target, stallMs, pace, onLeft });
      }
    },
    release() {
      opened?.destroy();
      reader.close();
      release();
    },
  };
}

/** The stretches of blobs that make up a range of the object. */
export function piecesOf(extents: readonly Extent[], range: ByteRange): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const [blob, size] of extents) {
    const start = Math.max(range.start - at, 0);
    const end = Math.min(range.end - at, size - 1);
    if (start <= end) pieces.push({ blob, start, end });
    at += size;
    if (at > range.end) break;
  }
  return pieces;
}

interface Way {
  readonly target: Writable;
  /** A reader that takes nothing for so long is cut off, because it keeps blobs from being reclaimed. */
  readonly stallMs: number;
  readonly pace: Pace | undefined;
  /** Called with the bytes that have not been read yet, again and again. */
  readonly onLeft: (bytes: number) => void;
}

/** With a limit of speed, at most so much is sent at once. */
const PACED_BYTES = 32 * 1024;

async function sendPiece(stream: Readable, piece: Piece, { target, stallMs, pace, onLeft }: Way): Promise<void> {
  const due = piece.end - piece.start + 1;
  let sent = 0;
  // Leaving the loop in any way destroys the stream. (`pipeline` leaves listeners on a target that it may not end, one set a piece.)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sent += chunk.length;
    onLeft(due - sent);
    for (const slice of pace ? slices(chunk) : [chunk]) {
      if (target.destroyed) throw new ReaderGone();
      if (!target.write(slice)) await drained(target, stallMs);
      await pace?.pass(slice.length);
    }
  }
  if (sent !== due) throw new Error(`blob ${piece.blob} is shorter than recorded: ${sent} of ${due} bytes`);
}

function* slices(chunk: Buffer): Iterable<Buffer> {
  for (let at = 0; at < chunk.length; at += PACED_BYTES) yield chunk.subarray(at, at + PACED_BYTES);
}
