import type { Decisions } from '../audit/decisions.js';
import type { Recording } from '../audit/recording.js';
import type { Principal } from '../gate/principal.js';
import type { Log } from '../runtime.js';
import type { Address } from './addressing.js';
import type { Answer } from './answer.js';
import type { OssError } from './oss-error.js';
import { ReaderGone } from './read-object.js';
import type { RequestBody } from './request-body.js';

/** What is known of a request so far; for the log, and for its error answer. Never a token, never a signature. */
export interface RequestTrace {
  readonly requestId: string;
  readonly startedAt: number;
  method: string;
  host: string;
  origin?: string;
  /** What it may be about; one when that is known. */
  addresses?: readonly Address[];
  operation?: string;
  bucket?: string;
  key?: string;
  uploadId?: string;
  partNumber?: string;
  principal?: string;
  /** Who that is; for the audit trail. */
  caller?: Principal;
  accessKeyId?: string;
  sourceIp?: string;
  copySource?: string;
  keys?: readonly string[];
  body?: RequestBody;
  recording?: Recording;
  /** What decided about it; for the audit trail. */
  decisions?: Decisions;
}

interface RequestEnd {
  readonly outcome: Answer;
  readonly error: OssError | undefined;
  /** What went wrong while the answer was sent. */
  readonly sent: Error | undefined;
  readonly now: number;
}

/** One line a request, and one more for what an operator has to look at. */
export function logRequest(log: Log, trace: RequestTrace, { outcome, error, sent, now }: RequestEnd): void {
  const { requestId, operation, bucket, key, uploadId, partNumber, principal } = trace;
  const about = { plane: 'oss', operation, bucket, key, uploadId, partNumber, requestId, principal };
  const streamed = typeof outcome.body === 'object' ? outcome.body.size : undefined;
  const bytes = streamed ?? trace.body?.stored ?? 0;
  log.debug({ ...about, status: outcome.status, code: error?.code, bytes, ms: now - trace.startedAt }, 'request');
  if (outcome.status >= 500) log.error({ ...about, err: error?.cause }, 'a request failed');
  if (streamed !== undefined && sent !== undefined && !(sent instanceof ReaderGone)) {
    log.error({ ...about, err: sent }, 'an object could not be sent to its end');
  }
}
