import type { Writable } from 'node:stream';
import type { Pace } from './pace.js';

/** What an operation answers; the handler adds what every answer has. */
export interface Answer {
  readonly status: number;
  /** UTF-8 values; `content-length` is added. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AnswerStream;
  /** The instant of the `Date` header, when it has to equal one that was stored. Default: now. */
  readonly date?: number;
  /** The object that the operation stored; for upload callbacks. */
  readonly made?: MadeObject;
}

export interface MadeObject {
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Unsigned decimal. */
  readonly crc64: string;
  readonly contentType: string;
}

export interface AnswerStream {
  /** Bytes. */
  readonly size: number;
  /** Writes exactly `size` bytes, no faster than the pace, or rejects; does not end the target. */
  send(target: Writable, pace?: Pace): Promise<void>;
  /** Called always, and last: also when nothing was sent. */
  release(): void;
}

export const xmlAnswer = (body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers: { ...headers, 'content-type': 'application/xml' },
  body,
});
