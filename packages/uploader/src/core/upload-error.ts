/** Every code that arises on this side. Codes of the services pass through unchanged. */
export type LocalErrorCode =
  | 'InvalidOption'
  | 'FileUnreadable'
  | 'FileChanged'
  | 'FileTooLarge'
  | 'AlreadyUploading'
  | 'Canceled'
  | 'Closed'
  | 'NetworkError'
  | 'Timeout'
  | 'ChecksumMismatch'
  | 'MissingETag'
  | 'CredentialsFailed'
  | 'CredentialsRefused'
  | 'UploadAuthExpired'
  | 'MalformedAnswer'
  | 'CheckpointFailed';

const RETRYABLE: ReadonlySet<string> = new Set([
  'NetworkError',
  'Timeout',
  'ChecksumMismatch',
  'CredentialsFailed',
  'CheckpointFailed',
] satisfies LocalErrorCode[]);

export interface UploadErrorDetails {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/** The only error an upload fails with. Its message says what happened and what to do next. */
export class UploadError extends Error {
  override readonly name: string = 'UploadError';
  /** A {@link LocalErrorCode}, or the code of the service unchanged (`AccessDenied`, `NoSuchUpload` …). */
  readonly code: string;
  /** HTTP status, when a server answered. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** `true` when the same upload may succeed if it is tried again unchanged. */
  readonly retryable: boolean;
  /** What to do about it, one sentence; also the end of the message. */
  advice: string | undefined;

  constructor(code: LocalErrorCode | (string & {}), message: string, details: UploadErrorDetails = {}) {
    super(message);
    // Not by the constructor's option: engines of phones that do not know it would drop the cause.
    if (details.cause !== undefined) this.cause = details.cause;
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
    this.retryable = details.retryable ?? RETRYABLE.has(code);
  }
}

/** @param what one sentence on what happened */
export function localError(code: LocalErrorCode, what: string, cause?: unknown): UploadError {
  return new UploadError(code, what, { cause });
}

/** Adds what to do about it, before an error leaves the uploader. */
export function explained(error: UploadError, advice: ((code: string) => string | undefined) | undefined): UploadError {
  const text = error.advice === undefined ? advice?.(error.code) : undefined;
  if (text !== undefined) {
    error.advice = text;
    error.message += ` ${text}`;
  }
  return error;
}

/** An error answer of VOD or OSS. */
export class ServiceError extends UploadError {
  /** Milliseconds the server asked to wait. */
  readonly retryAfter: number | undefined;
  /** The server's clock as told in the body of `RequestTimeTooSkewed`; milliseconds. */
  readonly serverTime: number | undefined;

  constructor(
    code: string,
    text: string,
    details: UploadErrorDetails & { status: number; retryAfter?: number | undefined; serverTime?: number | undefined },
  ) {
    const id = details.requestId === undefined ? '' : `, request ${details.requestId}`;
    super(code, `${text} (${code}, HTTP ${details.status}${id})`, details);
    this.retryAfter = details.retryAfter;
    this.serverTime = details.serverTime;
  }
}

/** The `code` of whatever was thrown: callers' functions may throw errors of other SDKs. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

export function asUploadError(error: unknown, code: LocalErrorCode, what: string): UploadError {
  if (error instanceof UploadError) return error;
  return localError(code, `${what}${error instanceof Error && error.message ? `: ${error.message}` : ''}.`, error);
}
