import { crc64Combine } from '@sluice/wire';
import type { UploadResult } from '../api.js';
import type { Checkpoint } from '../ports.js';
import { adoptStoredParts, recheckParts } from './adopt-parts.js';
import { identify } from './fingerprint.js';
import { openSession } from './open-session.js';
import { isMediaGone } from './refusal.js';
import { sendParts } from './send-parts.js';
import { checkpointOf, isWhole, type Session } from './session.js';
import { sendSingle } from './single-put.js';
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
        if (context.identity) await context.writer?.forget(context.identity.fingerprint);
        return result;
      } catch (error) {
        const again = await this.#stand(context, error);
        if (signal.aborted || !again || restarts === MAX_RESTARTS) throw error;
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
    if ('finished' in session) return session.finished;
    this.#session = session;
    const resumable = session.layout.size !== undefined && before?.uploadId !== undefined;
    if (resumable && !isWhole(before)) await adoptStoredParts(context, before, [], signal);
    ready();
    const single = await sendSingle(context, session, signal);
    if (single) return resultOf(session, single.size, single.etag, single.crc64);
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
    // Firefox reads on in a file that was written over, and tells nobody.
    if (context.identity && (await identify(context.source, ''))?.sample !== context.identity.sample) {
      throw localError('FileChanged', 'The file changed while it was uploaded.');
    }
    const parts = [...session.done].sort(([a], [b]) => a - b);
    let size = 0;
    let whole = 0n;
    for (const [, part] of parts) {
      whole = crc64Combine(whole, part.crc64 ?? 0n, part.size);
      size += part.size;
    }
    const etags = parts.map(([number, part]) => [number, part.etag] as const);
    const stored = await complete(context.store, session, etags, signal);
    if (stored.crc64 !== undefined && stored.crc64 !== whole) {
      throw localError('ChecksumMismatch', 'The completed object differs from the file (CRC-64 of the whole).');
    }
    return resultOf(session, size, stored.etag, whole);
  }

  #remember({ identity, settings, source, writer }: TransferContext, session: Session, uploadId: string): void {
    const { videoId } = session;
    const { name: fileName, size, lastModified, handle } = source;
    if (videoId === undefined || !identity || size === undefined) return;
    const file = { ...identity, account: settings.account, fileName, size, lastModified, handle };
    writer?.schedule((): Checkpoint => checkpointOf(session, uploadId, videoId, file));
  }

  /** After an error: keeps what can be gone on with, forgets what cannot. Answers whether to try again at once. */
  async #stand(context: TransferContext, error: unknown): Promise<boolean> {
    const session = this.#session;
    const code = codeOf(error) ?? '';
    if (code === 'InvalidPart' && session?.layout.size !== undefined) {
      // A part that was on its way when an earlier run was cut off arrived late, over one of this run.
      await recheckParts(context, session, context.lifetime);
      return true;
    }
    const gone = code === 'NoSuchUpload' || isMediaGone(code);
    const imageEnded = code === 'UploadAuthExpired';
    // A part that arrived damaged may be sent again; an object that was completed damaged has no upload any more.
    const damaged = code === 'ChecksumMismatch' && (!session || isWhole(session));
    if (!gone && !imageEnded && !damaged && code !== 'FileChanged') {
      await context.writer?.flush();
      return false;
    }
    // What a stream gave cannot be had again: without it, the next run would take the rest for the whole.
    if (session && session.layout.size === undefined) return false;
    this.#session = undefined;
    if (context.identity) await context.writer?.forget(context.identity.fingerprint);
    const nothingNew = session?.resumedAt === session?.acknowledgements;
    return session !== undefined && (imageEnded || (gone && nothingNew)) && !context.resume;
  }
}

function resultOf(session: Session, size: number, etag: string | undefined, crc64: bigint): UploadResult {
  const { imageId, imageUrl, target, uploadId, videoId } = session;
  const { bucket, key } = target;
  return { videoId, imageId, imageUrl, bucket, key, etag, crc64: String(crc64), size, uploadId };
}
