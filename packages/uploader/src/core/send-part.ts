import type { FilePart } from '../ports.js';
import type { DonePart, Session } from './session.js';
import { putBytes, type Stored } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';
import { localError } from './upload-error.js';

const MAX_MISMATCHES = 3;

/**
 * Sends one part (the whole file while there is no upload id). What the server stored is compared with what was read;
 * a difference reads and sends the part again, three differences are an error.
 * @param open reads the part; called again for every new try
 */
export async function sendPart(
  context: TransferContext,
  session: Session,
  { number, size }: { readonly number: number; readonly size: number },
  open: () => Promise<FilePart>,
  signal: AbortSignal,
): Promise<Stored & { crc64: bigint }> {
  const { lanes, link, line, meter, pace, source } = context;
  await pace.take(size, signal);
  for (let mismatches = 1; ; mismatches++) {
    const part = await open();
    part.crc64.catch(() => {});
    try {
      meter.flying(number, 0);
      // With small files beside, what a part gets of the line says nothing of the width.
      const width = Math.max(link.width, lanes.flying);
      let startedAt = line.env.clock.now();
      const progress = {
        sent: (bytes: number) => meter.flying(number, Math.min(bytes, size)),
        again: async () => {
          startedAt = Number.NaN;
          // To browsers a file that changed under the request looks like a broken line.
          if (source.size) await source.crc64(0, 1);
        },
      };
      // Together: a file that can no longer be read ends the part without waiting for the line.
      const [stored, crc64] = await Promise.all([
        putBytes(context.store, session, { number, body: part.body }, progress, signal),
        part.crc64,
      ]);
      const ms = line.env.clock.now() - startedAt;
      if (ms >= 0) link.sent(size, ms, width);
      if (stored.crc64 === undefined || stored.crc64 === crc64) return { etag: stored.etag, crc64 };
      meter.lost(number);
      const error = localError('ChecksumMismatch', `Part ${number} arrived changed (CRC-64 differs).`);
      if (mismatches === MAX_MISMATCHES) throw error;
      context.listener.retry({ scope: 'part', part: number, attempt: mismatches, delay: 0, error });
    } catch (error) {
      meter.lost(number);
      throw error;
    } finally {
      part.release?.();
    }
  }
}

/** Reads a part that an earlier session sent. `undefined` when the server's bytes are not those of the file. */
export async function verifyPart(
  { source }: TransferContext,
  { start, end }: { readonly start: number; readonly end: number },
  known: DonePart,
): Promise<DonePart | undefined> {
  await source.check();
  const crc64 = await source.crc64(start, end);
  return known.listedCrc64 === undefined || known.listedCrc64 === crc64 ? { ...known, crc64 } : undefined;
}
