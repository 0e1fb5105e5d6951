/** One part: read, hashed, sent, compared. */
import { partRange } from './part-plan.js';
import type { DonePart, Session } from './session.js';
import { putBytes, type Stored } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';
import { asUploadError, localError } from './upload-error.js';

const MAX_MISMATCHES = 3;

/**
 * Sends one part (the whole file while there is no upload id). What the server stored is compared with what was read;
 * a difference sends the part again, three differences are an error.
 */
export async function sendPart(
  context: TransferContext,
  session: Session,
  number: number,
  signal: AbortSignal,
): Promise<Stored & { crc64: bigint }> {
  const { meter, source } = context;
  await source.check();
  const { start, end } = partRange(session.plan, number);
  const part = await source.slice(start, end);
  const hashed = hash(context, part.body);
  hashed.catch(() => {});
  try {
    for (let mismatches = 1; ; mismatches++) {
      meter.flying(number, 0);
      const onProgress = (sent: number) => meter.flying(number, Math.min(sent, end - start));
      // Together: a file that can no longer be read ends the part without waiting for the line.
      const [stored, crc64] = await Promise.all([
        putBytes(context.store, session, { number, body: part.body }, onProgress, signal),
        hashed,
      ]);
      if (stored.crc64 === undefined || stored.crc64 === crc64) return { etag: stored.etag, crc64 };
      meter.lost(number);
      const error = localError('ChecksumMismatch', `Part ${number} arrived changed (CRC-64 differs).`);
      if (mismatches === MAX_MISMATCHES) throw error;
      context.listener.retry({ scope: 'part', part: number, attempt: mismatches, delay: 0, error });
    }
  } catch (error) {
    meter.lost(number);
    throw error;
  } finally {
    part.release?.();
  }
}

/**
 * Reads a part that an earlier session sent. `undefined` when the server's bytes are not those of the file: then it has
 * to be sent.
 */
export async function verifyPart(
  context: TransferContext,
  session: Session,
  number: number,
  known: DonePart,
): Promise<DonePart | undefined> {
  const { start, end } = partRange(session.plan, number);
  await context.source.check();
  const part = await context.source.slice(start, end);
  const crc64 = await hash(context, part.body);
  part.release?.();
  const same = known.listedCrc64 === undefined || known.listedCrc64 === crc64;
  return same ? { etag: known.etag, crc64 } : undefined;
}

async function hash({ line }: TransferContext, body: Uint8Array | Blob): Promise<bigint> {
  try {
    return await line.env.hasher.crc64(body);
  } catch (error) {
    throw asUploadError(error, 'FileUnreadable', 'The file could not be read');
  }
}
