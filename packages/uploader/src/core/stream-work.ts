/** The parts of a stream of unknown length. */
import type { FilePart } from '../ports.js';
import type { Send, Work } from './send-parts.js';
import type { Piece, Session } from './session.js';
import type { TransferContext } from './transfer-context.js';
import { throwIfAborted, unlessAborted } from './waiting.js';

/** Sizes double every 1 000 parts, so that 10 000 parts are enough for 1 TB. */
const STREAM_STEP = 1000;

/** A stream is read once: a piece stays in memory until it is acknowledged, `parallel × part size` at most. */
export function streamWork(context: TransferContext, session: Session, signal: AbortSignal, send: Send): Work {
  const { meter, source } = context;
  const { unsent } = session;
  const taken = new Set<Piece>();
  const waiting = () => unsent.find((piece) => !taken.has(piece));
  const read = async (): Promise<Piece | undefined> => {
    throwIfAborted(signal);
    if (session.ended) return undefined;
    const length = session.layout.unit * 2 ** Math.floor(session.pieces / STREAM_STEP);
    const bytes = (await source.read?.(length)) ?? new Uint8Array(0);
    session.ended = bytes.length < length;
    session.read += bytes.length;
    if (bytes.length === 0) return undefined;
    meter.grow(session.read);
    const piece = { number: ++session.pieces, bytes };
    // Also when this run was stopped meanwhile: what was read cannot be read again.
    unsent.push(piece);
    throwIfAborted(signal);
    taken.add(piece);
    return piece;
  };
  const sendPiece = async (piece: Piece) => {
    const { bytes, number } = piece;
    const open = async (): Promise<FilePart> => ({ body: bytes, crc64: context.hasher.crc64(bytes) });
    await send({ number, size: bytes.length }, open);
    unsent.splice(unsent.indexOf(piece), 1);
  };
  return {
    more: () => waiting() !== undefined || !session.ended,
    next() {
      const again = waiting();
      if (again) {
        taken.add(again);
        return () => sendPiece(again);
      }
      if (session.ended) return undefined;
      return async () => {
        // One after the other, also after a read of a run that was stopped.
        const piece = session.reading.then(read);
        session.reading = piece.catch(() => {});
        // A stream may fall silent: who stops does not wait for it.
        const fresh = await unlessAborted(piece, signal);
        if (fresh) await sendPiece(fresh);
      };
    },
  };
}

/** A stream that ends before its first part is full needs no multipart upload. */
export function readFirstPiece(
  { meter, source }: TransferContext,
  session: Session,
  signal: AbortSignal,
): Promise<void> {
  const { unit } = session.layout;
  const first = session.reading.then(async () => {
    // By a run that was stopped meanwhile.
    if (session.pieces > 0) return;
    const bytes = (await source.read?.(unit)) ?? new Uint8Array(0);
    session.ended = bytes.length < unit;
    session.singlePut = session.ended;
    session.read = bytes.length;
    session.pieces = 1;
    session.unsent.push({ number: 1, bytes });
    meter.grow(bytes.length);
  });
  session.reading = first.catch(() => {});
  return unlessAborted(first, signal);
}
