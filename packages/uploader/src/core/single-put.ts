/** Files that go in one piece. */
import { LIGHT } from './link-control.js';
import { loaded } from './load.js';
import { sendPart } from './send-part.js';
import type { Session } from './session.js';
import type { Stored } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';
import { onAbort, stopped } from './waiting.js';

/** @returns `undefined` when the file does not go in one piece */
export async function sendSingle(
  context: TransferContext,
  session: Session,
  signal: AbortSignal,
): Promise<(Stored & { readonly size: number; readonly crc64: bigint }) | undefined> {
  const { hasher, lanes, link, source } = context;
  if (source.size === undefined && session.pieces === 0) {
    const { readFirstPiece } = await loaded(context.line.env.extras);
    await readFirstPiece(context, session, signal);
  }
  if (!session.singlePut) return undefined;
  const [piece] = session.unsent;
  const size = source.size ?? piece?.bytes.length ?? 0;
  const open = async () => {
    await source.check();
    return piece ? { body: piece.bytes, crc64: hasher.crc64(piece.bytes) } : source.slice(0, size);
  };
  // A file that cannot be read ends the upload, so also the request that still tries to send it.
  const stop = new AbortController();
  const stopListening = onAbort(signal, () => stop.abort());
  const stored = await new Promise<Stored & { crc64: bigint }>((resolve, reject) => {
    let left = true;
    const leave = lanes.add({
      get priority() {
        return context.priority();
      },
      get limit() {
        return link.fileLimit;
      },
      light: size <= LIGHT,
      next() {
        if (!left) return undefined;
        left = false;
        return async () => {
          leave();
          forget();
          await sendPart(context, session, { number: 1, size }, open, stop.signal).then(resolve, reject);
        };
      },
    });
    const forget = onAbort(signal, () => {
      leave();
      reject(stopped());
    });
    lanes.pump();
  }).finally(() => {
    stopListening();
    stop.abort();
  });
  // Written to while it was read.
  await source.check();
  return { ...stored, size };
}
