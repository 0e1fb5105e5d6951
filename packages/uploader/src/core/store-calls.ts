/** The calls of one upload on the object store, each carried through expiry and bad lines. */
import type { UploadAuth } from '@sluice/wire';
import type { FilePart, HttpResponse } from '../ports.js';
import { type Attempt, attempt } from './attempt.js';
import { RetryBudget } from './backoff.js';
import { completeBody } from './complete-body.js';
import type { Line } from './exchange.js';
import { crcHeader, type ListedPart, readCompleted, readListedParts, readUploadId } from './oss-answers.js';
import { type OssCall, sendOss } from './oss-send.js';
import type { Session } from './session.js';
import type { Settings } from './settings.js';
import { codeOf, localError, ServiceError, type UploadError } from './upload-error.js';
import { throwIfAborted } from './waiting.js';

export interface StoreContext {
  readonly line: Line;
  readonly settings: Settings;
  /** Sent with PutObject, Initiate and Complete; lower-case names. */
  readonly objectHeaders: readonly (readonly [string, string])[];
  readonly contentType: string;
  onRetry(error: UploadError, attempt: number, delay: number, part?: number): void;
}

/** How the bytes of one part fare. */
export interface PartProgress {
  /** Bytes that left this machine. */
  sent(bytes: number): void;
  /** The same part is to be sent again. Rejects when that is of no use. */
  again(): Promise<unknown>;
}

export interface Stored {
  readonly etag: string | undefined;
  readonly crc64: bigint | undefined;
}

/** @param around what one attempt does beside sending */
function call(
  context: StoreContext,
  session: Session,
  ossCall: OssCall,
  signal: AbortSignal,
  onRetry: Attempt<never, never>['onRetry'] = context.onRetry,
  around: (send: () => Promise<HttpResponse>) => Promise<HttpResponse> = (send) => send(),
) {
  const { line, settings } = context;
  return attempt<UploadAuth, HttpResponse>({
    line,
    credentials: session.auth,
    budget: new RetryBudget(settings.retryCount, () => session.acknowledgements),
    retryDelay: settings.retryDelay,
    signal,
    send: (auth) => around(() => sendOss(line, settings, session.target, auth, ossCall, signal)),
    onRetry,
  });
}

const objectHeaders = (context: StoreContext) => [
  ['content-type', context.contentType] as const,
  ...context.objectHeaders,
];

/** Sends the whole file, or one part of it. */
export async function putBytes(
  context: StoreContext,
  session: Session,
  part: { readonly number: number; readonly body: FilePart['body'] },
  progress: PartProgress,
  signal: AbortSignal,
): Promise<Stored> {
  const { uploadId } = session;
  const query: [string, string][] =
    uploadId === undefined
      ? []
      : [
          ['partNumber', String(part.number)],
          ['uploadId', uploadId],
        ];
  const put: OssCall = {
    method: 'PUT',
    query,
    // Phones refuse a body without a type, or give it one of their own.
    headers: uploadId === undefined ? objectHeaders(context) : [['content-type', 'application/octet-stream']],
    body: part.body,
    onUploadProgress: progress.sent,
  };
  const response = await call(context, session, put, signal, async (error, attempt, delay) => {
    await progress.again();
    context.onRetry(error, attempt, delay, part.number);
  });
  return { etag: response.header('etag'), crc64: crcHeader(response) };
}

export async function initiate(context: StoreContext, session: Session, signal: AbortSignal): Promise<string> {
  const headers = objectHeaders(context);
  return readUploadId(
    context.line.env.readXml,
    await call(context, session, { method: 'POST', query: [['uploads', '']], headers }, signal),
  );
}

/**
 * An answer that got lost leaves the caller not knowing; the server goes on regardless. The credential of one file
 * allows no HEAD, so there is no way to look. A Complete that is sent again after a lost answer and meets NoSuchUpload
 * therefore counts as done: nobody else ends this upload, and it was whole when Complete was first sent.
 */
export async function complete(
  context: StoreContext,
  session: Session,
  parts: readonly (readonly [number: number, etag: string])[],
  signal: AbortSignal,
): Promise<Stored> {
  const completion: OssCall = {
    method: 'POST',
    query: [['uploadId', session.uploadId ?? '']],
    headers: [['content-type', 'application/xml'], ...context.objectHeaders],
    body: completeBody(parts),
  };
  try {
    const response = await call(context, session, completion, signal, context.onRetry, async (send) => {
      // Stopped before it was sent: then nothing is unknown.
      throwIfAborted(signal);
      try {
        return await send();
      } catch (error) {
        // No answer, or one of something in between (5xx): the server may have done it.
        if (!(error instanceof ServiceError) || error.status === undefined || error.status >= 500) {
          session.completionUnknown = true;
        }
        throw error;
      }
    });
    session.completionUnknown = false;
    return readCompleted(context.line.env.readXml, response);
  } catch (error) {
    if (session.completionUnknown && codeOf(error) === 'NoSuchUpload') return { etag: undefined, crc64: undefined };
    throw error;
  }
}

/** All pages. A part that appears twice is taken as told last. */
export async function listParts(
  context: StoreContext,
  session: Session,
  signal: AbortSignal,
): Promise<Map<number, ListedPart>> {
  const found = new Map<number, ListedPart>();
  for (let marker: number | undefined = 0; marker !== undefined; ) {
    const query: [string, string][] = [['uploadId', session.uploadId ?? '']];
    if (marker > 0) query.push(['part-number-marker', String(marker)]);
    const page = readListedParts(
      context.line.env.readXml,
      await call(context, session, { method: 'GET', query }, signal),
    );
    for (const part of page.parts) found.set(part.number, part);
    if (page.next !== undefined && page.next <= marker) {
      throw localError('MalformedAnswer', 'ListParts goes round in circles.');
    }
    marker = page.next;
  }
  return found;
}

/** An upload that is gone already is what was wanted. */
export async function abortUpload(context: StoreContext, session: Session, signal: AbortSignal): Promise<void> {
  const query: [string, string][] = [['uploadId', session.uploadId ?? '']];
  try {
    await call(context, session, { method: 'DELETE', query }, signal);
  } catch (error) {
    if (codeOf(error) !== 'NoSuchUpload') throw error;
  }
}
