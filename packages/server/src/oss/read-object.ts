import type { Readable, Writable } from 'node:stream';
import type { AnswerStream } from './answer.js';
import { type Extent, findObjectAndExtents } from './catalog/manifest.js';
import type { ObjectName, ObjectRow } from './catalog/objects.js';
import type { DataPlane } from './data-plane.js';
import type { ByteRange, StorageEngine } from './engine/engine.js';
import { OssError } from './oss-error.js';

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
  const [first, ...rest] = pieces;
  let opened = first && (await engine.read(first.blob, first));
  return {
    size: range.end - range.start + 1,
    async send(target) {
      if (first && opened) await sendPiece(opened, first, target, stallMs);
      opened = undefined;
      for (const piece of rest) await sendPiece(await engine.read(piece.blob, piece), piece, target, stallMs);
    },
    release() {
      opened?.destroy();
      release();
    },
  };
}

type Piece = ByteRange & { readonly blob: string };

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

async function sendPiece(stream: Readable, piece: Piece, target: Writable, stallMs: number): Promise<void> {
  let sent = 0;
  // Leaving the loop in any way destroys the stream. (`pipeline` leaves listeners on a target that it may not end, one set a piece.)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (target.destroyed) throw new ReaderGone();
    sent += chunk.length;
    if (!target.write(chunk)) await drained(target, stallMs);
  }
  const due = piece.end - piece.start + 1;
  if (sent !== due) throw new Error(`blob ${piece.blob} is shorter than recorded: ${sent} of ${due} bytes`);
}

/** Waits for room; a reader that takes nothing for so long is cut off, because it keeps blobs from being reclaimed. */
async function drained(target: Writable, stallMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const settle = () => {
      clearTimeout(stalled);
      target.off('drain', settle).off('close', settle);
      resolve();
    };
    const stalled = setTimeout(() => target.destroy(), stallMs);
    target.on('drain', settle).on('close', settle);
    if (target.destroyed) settle();
  });
}
