/** All parts of a file, several at a time, sharing the line with other files. */
import type { FilePart } from '../ports.js';
import { Gaps, type PartRange } from './layout.js';
import { loaded } from './load.js';
import { sendPart, verifyPart } from './send-part.js';
import { heldRanges, type Session } from './session.js';
import type { TransferContext } from './transfer-context.js';
import { localError } from './upload-error.js';
import { onAbort, throwIfAborted } from './waiting.js';

/** One piece of work of a file, and what else goes on beside it. */
export interface Work {
  /** The next part to send; `undefined` while there is none. */
  next(): (() => Promise<void>) | undefined;
  /** Whether `next` would give something. */
  more(): boolean;
  /** Runs beside the parts; those it finds missing are offered by `next`. */
  beside?(): Promise<void>;
}

/** @throws UploadError of the first part that failed; the others are stopped and have ended by then */
export async function sendParts(context: TransferContext, session: Session, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const stopListening = onAbort(signal, () => stop.abort());
  const makeWork = session.layout.size === undefined ? (await loaded(context.line.env.extras)).streamWork : fileWork;
  const work = makeWork(context, session, stop.signal, sender(context, session, stop.signal));
  const failures: unknown[] = [];
  try {
    await drain(context, work, stop, failures);
  } finally {
    stopListening();
  }
  throwIfAborted(signal);
  if (failures.length > 0) throw failures[0];
}

/** Resolves when there is nothing left to do and nothing in flight. */
function drain(context: TransferContext, work: Work, stop: AbortController, failures: unknown[]): Promise<void> {
  const { lanes, link } = context;
  return new Promise((resolve) => {
    let busy = 1;
    const settle = async (run: () => Promise<void>) => {
      try {
        await run();
      } catch (error) {
        failures.push(error);
        stop.abort();
      }
      if (--busy > 0 || (!stop.signal.aborted && work.more())) return;
      leave();
      resolve();
    };
    const leave = lanes.add({
      get priority() {
        return context.priority();
      },
      get limit() {
        return link.fileLimit;
      },
      next() {
        const job = stop.signal.aborted ? undefined : work.next();
        if (!job) return undefined;
        busy++;
        return () => settle(job);
      },
    });
    void settle(async () => work.beside?.());
    lanes.pump();
    // Stopped while it waited for a place: nothing of it is in flight to notice.
    onAbort(stop.signal, () => {
      if (busy > 0) return;
      leave();
      resolve();
    });
  });
}

function fileWork(context: TransferContext, session: Session, signal: AbortSignal, send: Send): Work {
  const { done } = session;
  const { lanes, link, meter, pace, source } = context;
  const unread = heldRanges(session).filter(({ number }) => done.get(number)?.crc64 === undefined);
  const gaps = new Gaps(session.layout, heldRanges(session));
  const sendRange = async (range: PartRange) => {
    const size = range.end - range.start;
    const open = async () => {
      await source.check();
      return source.slice(range.start, range.end);
    };
    await send({ number: range.number, size }, open);
  };
  return {
    next() {
      const range = gaps.take(Math.min(link.partSize(gaps.left), pace.grain));
      return range && (() => sendRange(range));
    },
    more: () => gaps.left > 0,
    // What has to be sent goes at the same time: reading what the server has already keeps no line waiting.
    async beside() {
      for (const range of unread) {
        if (signal.aborted) return;
        const known = done.get(range.number);
        const verified = known && (await verifyPart(context, range, known));
        if (verified) done.set(range.number, verified);
        else {
          done.delete(range.number);
          meter.dropped(range.end - range.start);
          gaps.give(range);
          lanes.pump();
        }
      }
    },
  };
}

/** Sends one part; it is acknowledged when this resolves. */
export type Send = (
  part: { readonly number: number; readonly size: number },
  open: () => Promise<FilePart>,
) => Promise<void>;

function sender(context: TransferContext, session: Session, signal: AbortSignal): Send {
  const { listener, meter } = context;
  return async ({ number, size }, open) => {
    const { etag, crc64 } = await sendPart(context, session, { number, size }, open, signal);
    if (etag === undefined) throw localError('MissingETag', `The answer to part ${number} shows no ETag.`);
    session.done.set(number, { size, etag, crc64 });
    session.acknowledgements++;
    meter.acknowledged(number, size);
    listener.partUploaded({ number, size, etag });
  };
}
