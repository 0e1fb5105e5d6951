/** All parts of a multipart upload, several at a time. */
import { partRange } from './part-plan.js';
import { sendPart, verifyPart } from './send-part.js';
import type { Session } from './session.js';
import type { TransferContext } from './transfer-context.js';
import { localError } from './upload-error.js';
import { onAbort, throwIfAborted } from './waiting.js';

/** @throws UploadError of the first part that failed; the others are stopped and have ended by then */
export async function sendParts(context: TransferContext, session: Session, signal: AbortSignal): Promise<void> {
  const { done, plan } = session;
  const missing = Array.from({ length: plan.count }, (_, i) => i + 1).filter((number) => !done.has(number));
  const unread = [...done].filter(([, part]) => part.crc64 === undefined).map(([number]) => number);
  // What has to be sent goes first: reading what the server has already would only keep the line waiting.
  const jobs = [...missing, ...unread].values();
  const stop = new AbortController();
  const stopListening = onAbort(signal, () => stop.abort());
  const failures: unknown[] = [];
  const worker = async () => {
    for (const number of jobs) {
      if (stop.signal.aborted) return;
      try {
        await settlePart(context, session, number, stop.signal);
      } catch (error) {
        failures.push(error);
        stop.abort();
        return;
      }
    }
  };
  const width = Math.min(context.settings.parallel, missing.length + unread.length);
  await Promise.all(Array.from({ length: width }, worker));
  stopListening();
  throwIfAborted(signal);
  if (failures.length > 0) throw failures[0];
}

async function settlePart(context: TransferContext, session: Session, number: number, signal: AbortSignal) {
  const { size } = partRange(session.plan, number);
  const known = session.done.get(number);
  if (known) {
    const verified = await verifyPart(context, session, number, known);
    if (verified) {
      session.done.set(number, verified);
      return;
    }
    session.done.delete(number);
    context.meter.dropped(size);
  }
  const { etag, crc64 } = await sendPart(context, session, number, signal);
  if (etag === undefined) throw localError('MissingETag', `The answer to part ${number} shows no ETag.`);
  session.done.set(number, { etag, crc64 });
  session.acknowledgements++;
  context.meter.acknowledged(number, size);
  context.listener.partUploaded({ number, size, etag });
}
