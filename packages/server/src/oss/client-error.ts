import type { Duplex } from 'node:stream';
import { formatHttpDate } from '@sluice/wire';
import { errorAnswer } from './error-answer.js';
import { OssError } from './oss-error.js';

/** Answers what never became a request: bytes that are no HTTP, headers beyond the limit. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  { now, requestId }: { now: number; requestId: string },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refusal = new OssError(error.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeaderFieldsTooLarge' : 'BadRequest');
  const { status, body, headers } = errorAnswer(refusal, { method: '', host: '', requestId });
  const lines = [
    `HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'Server: AliyunOSS',
    `Date: ${formatHttpDate(now)}`,
    `x-oss-request-id: ${requestId}`,
    ...Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(String(body))}`,
    'Connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
