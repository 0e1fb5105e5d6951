/** Failures of the services behind the AppServer. Nothing here ever holds a secret or a string-to-sign. */

export interface UpstreamFailure {
  /**
   * Code of the service (`NoPermission`, `Throttling.User` …), or one of our own when there was no usable answer:
   * `NetworkError`, `Timeout`, `AnswerTooLarge`, `InvalidAnswer`.
   */
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly message: string;
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** What STS and VOD failures have in common. */
export class UpstreamError extends Error {
  override readonly name: string = 'UpstreamError';
  readonly code: string;
  readonly status: number;
  /** What the service said, without the code that `message` begins with. */
  readonly reason: string;
  /** For the operator of the service; absent when there was no answer. */
  readonly requestId: string | undefined;
  /** Set when the service asks for a pause. Milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(failure: UpstreamFailure) {
    super(`${failure.code}: ${failure.message}`);
    this.code = failure.code;
    this.status = failure.status;
    this.reason = failure.message;
    this.requestId = failure.requestId;
    this.retryAfterMs = failure.retryAfterMs;
  }

  /** Whether the same request may succeed later: no answer, throttled, or a fault of the service itself. */
  get temporary(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.code.startsWith('Throttling');
  }
}

/** `AssumeRole` failed. Codes: reference ram-sts 1.8 and 4.5. */
export class StsError extends UpstreamError {
  override readonly name = 'StsError';
}

/** A VOD operation failed. Codes: reference vod 4.1, 4.4. */
export class VodError extends UpstreamError {
  override readonly name = 'VodError';
}
