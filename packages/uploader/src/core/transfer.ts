import { crc64Combine } from '@sluice/wire';
import type { UploadResult } from '../api.js';
import { adoptStoredParts, openSession } from './open-session.js';
import { isSinglePut, partRange } from './part-plan.js';
import { isMediaGone } from './refusal.js';
import { sendPart } from './send-part.js';
import { sendParts } from './send-parts.js';
import { checkpointOf, type Session } from './session.js';
import { abortUpload, complete, initiate } from './store-calls.js';
import type { TransferContext } from './transfer-context.js';
import { codeOf, localError } from './upload-error.js';

const MAX_RESTARTS = 2;

/** One file on its way to one media. Survives pauses: each run goes on where the last one stopped. */
export class Transfer {
  #session: Session | undefined;

  get session(): Session | undefined {
    return this.#session;
  }

  /**
   * @param ready called when the session stands and bytes begin to move
   * @throws UploadError
   */
  async run(context: TransferContext, ready: () => void, signal: AbortSignal): Promise<UploadResult> {
    if (this.#session) this.#session.resumedAt = this.#session.acknowledgements;
    for (let restarts = 0; ; restarts++) {
      try {
        const result = await this.#once(context, ready, signal);
        await context.writer?.forget(context.fingerprint);
        return result;
      } catch (error) {
        const lost = await this.#stand(context, error);
        if (signal.aborted || !lost || restarts === MAX_RESTARTS) throw error;
      } finally {
        context.meter.stop();
      }
    }
  }

  /** The next run begins anew. */
  forget(): void {
    this.#session = undefined;
  }

  /** Removes the unfinished upload from the server. */
  async abort(context: TransferContext, signal: AbortSignal): Promise<void> {
    if (this.#session?.uploadId !== undefined) await abortUpload(context.store, this.#session, signal);
    this.#session = undefined;
  }

  async #once(context: TransferContext, ready: () => void, signal: AbortSignal): Promise<UploadResult> {
    const before = this.#session;
    const session = before ?? (await openSession(context, signal));
    this.#session = session;
    const incomplete = before !== undefined && before.done.size < before.plan.count;
    if (incomplete && before.uploadId !== undefined) await adoptStoredParts(context, before, new Map(), signal);
    ready();
    if (isSinglePut(session.plan)) {
      const stored = await sendPart(context, session, 1, signal);
      context.meter.acknowledged(1, session.plan.size);
      return resultOf(session, stored.etag, stored.crc64);
    }
    if (session.uploadId === undefined) {
      session.uploadId = await initiate(context.store, session, signal);
      this.#remember(context, session, session.uploadId);
      await context.writer?.flush();
    }
    return this.#multipart(context, session, session.uploadId, signal);
  }

  async #multipart(context: TransferContext, session: Session, uploadId: string, signal: AbortSignal) {
    const remembering: TransferContext = {
      ...context,
      listener: {
        ...context.listener,
        partUploaded: (part) => {
          this.#remember(context, session, uploadId);
          context.listener.partUploaded(part);
        },
      },
    };
    await sendParts(remembering, session, signal);
    await context.source.check();
    const parts = [...session.done].sort(([a], [b]) => a - b);
    const whole = parts.reduce((crc, [number, part]) => {
      return crc64Combine(crc, part.crc64 ?? 0n, partRange(session.plan, number).size);
    }, 0n);
    const etags = parts.map(([number, part]) => [number, part.etag] as const);
    const stored = await complete(context.store, session, etags, signal);
    if (stored.crc64 !== undefined && stored.crc64 !== whole) {
      throw localError('ChecksumMismatch', 'The completed object differs from the file (CRC-64 of the whole).');
    }
    return resultOf(session, stored.etag, whole);
  }

  #remember({ fingerprint, source, writer }: TransferContext, session: Session, uploadId: string): void {
    const { videoId } = session;
    if (videoId === undefined) return;
    const { name: fileName, size, lastModified } = source;
    writer?.schedule(() => checkpointOf(session, uploadId, videoId, { fingerprint, fileName, size, lastModified }));
  }

  /** After an error: keeps what can be gone on with, forgets what cannot. Answers whether to begin anew at once. */
  async #stand(context: TransferContext, error: unknown): Promise<boolean> {
    const session = this.#session;
    const code = codeOf(error) ?? '';
    const gone = code === 'NoSuchUpload' || isMediaGone(code);
    const imageEnded = code === 'UploadAuthExpired';
    // A part that arrived damaged may be sent again; an object that was completed damaged has no upload any more.
    const damaged = code === 'ChecksumMismatch' && session?.done.size === session?.plan.count;
    if (!gone && !imageEnded && !damaged && code !== 'FileChanged') {
      await context.writer?.flush();
      return false;
    }
    this.#session = undefined;
    await context.writer?.forget(context.fingerprint);
    const nothingNew = session?.resumedAt === session?.acknowledgements;
    return imageEnded || (gone && session !== undefined && nothingNew);
  }
}

function resultOf(session: Session, etag: string | undefined, crc64: bigint): UploadResult {
  const { imageId, plan, target, uploadId, videoId } = session;
  return {
    videoId,
    imageId,
    bucket: target.bucket,
    key: target.key,
    etag,
    crc64: String(crc64),
    size: plan.size,
    uploadId,
  };
}
