/** How requests to STS and VOD leave this process: a port, so that a test can script the far end. */

/** A signed request, ready to be sent. */
export interface TransportRequest {
  readonly method: 'POST';
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An answer, read to its end. */
export interface TransportAnswer {
  readonly status: number;
  readonly body: string;
  /** Lower-case names; only `x-acs-retry-after` and `retry-after` are looked at. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Resolves for every HTTP status; rejects only when there is no answer. */
export type Transport = (request: TransportRequest) => Promise<TransportAnswer>;

/** Why there is no answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly code: 'NetworkError' | 'Timeout' | 'AnswerTooLarge',
    message: string,
  ) {
    super(message);
  }
}

/** Options of {@link createFetchTransport}. */
export interface FetchTransportOptions {
  /** For the whole exchange, body included. Milliseconds, default 10 000. */
  readonly timeoutMs?: number;
  /** Longest answer that is read. Bytes, default 1 048 576. */
  readonly maxAnswerBytes?: number;
}

/**
 * A transport over the global `fetch`. Redirects are refused: a signed body must not be carried to another host.
 *
 * @throws TransportError (as a rejection) on connection failures, timeouts and answers that are too long
 */
export function createFetchTransport(options: FetchTransportOptions = {}): Transport {
  const { timeoutMs = 10_000, maxAnswerBytes = 1_048_576 } = options;
  return async ({ url, ...init }) => {
    try {
      const answer = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      const body = await readAtMost(answer, maxAnswerBytes);
      return { status: answer.status, body, headers: Object.fromEntries(answer.headers) };
    } catch (error) {
      if (error instanceof TransportError) throw error;
      if (error instanceof Error && error.name === 'TimeoutError') {
        throw new TransportError('Timeout', `no answer within ${timeoutMs} ms`);
      }
      throw new TransportError('NetworkError', causeOf(error));
    }
  };
}

/** {@link createFetchTransport} with its defaults. */
export const fetchTransport: Transport = createFetchTransport();

async function readAtMost(answer: Response, limit: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Breaking out of the loop by the throw cancels the stream, so the rest is never received.
  for await (const chunk of answer.body ?? []) {
    length += chunk.byteLength;
    if (length > limit) throw new TransportError('AnswerTooLarge', `the answer is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch` hides what happened (`ECONNREFUSED`) in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === '' ? 'the connection failed' : `the connection failed (${code})`;
}
