import type { Duplex } from 'node:stream';
import { formatHttpDate } from '@sluice/wire';
import type { Cors } from './cors.js';
import { errorAnswer } from './error-answer.js';
import { OssError } from './oss-error.js';

/** As Node hands it over: with the bytes that it was reading. */
type TransportError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/**
 * Answers what never became a request: bytes that are no HTTP, headers beyond the limit.
 * @param about `cors` of the installation: which bucket it was about is not known. Without them a page with a header too long
 *   (metadata, callbacks, tokens) would see a network error, and send it again
 */
export function answerClientError(
  error: TransportError,
  socket: Duplex,
  { now, requestId, cors }: { now: number; requestId: string; cors: Cors },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refusal = new OssError(error.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeaderFieldsTooLarge' : 'BadRequest');
  const { status, body, headers } = errorAnswer(refusal, { method: '', host: '', requestId });
  const lines = [
    `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'Server: AliyunOSS',
    `Date: ${formatHttpDate(now)}`,
    `x-oss-request-id: ${requestId}`,
    ...Object.entries({ ...headers, ...cors.headersFor({ method: '', origin: originIn(error.rawPacket) }, []) }).map(
      ([name, value]) => `${name}: ${value}`,
    ),
    `Content-Length: ${Buffer.byteLength(String(body))}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** What is there of the headers may end before its origin: rules for everybody do not ask for it. */
const originIn = (packet: Buffer | undefined): string =>
  /^origin:[ \t]*([!-~]*)/im.exec(packet?.toString('latin1') ?? '')?.[1] ?? '';
