import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatHttpDate } from '@sluice/wire';
import { drained } from '../http/drained.js';
import type { Answer } from './answer.js';
import type { OssLimits } from './limits.js';
import { drain } from './linger.js';
import type { Pace } from './pace.js';
import { toWire } from './raw-request.js';
import { ReaderGone } from './read-object.js';

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly limits: OssLimits;
  /** The client waits for `100 Continue` and did not get it: it may never send its body. */
  readonly bodyWithheld: boolean;
  /** The connection cannot be used for another request. */
  readonly close: boolean;
  /** For the body of the answer. */
  readonly pace: Pace | undefined;
}

/**
 * Writes an answer. When the request's body has not come in whole, what is left of it is drained before the answer ends, so
 * that a client in the middle of sending sees why it may stop.
 *
 * @param common headers of every answer; those of the answer itself win
 */
export async function sendAnswer(
  exchange: Exchange,
  answer: Answer,
  common: Readonly<Record<string, string>>,
  now: () => number,
): Promise<void> {
  const { req, res } = exchange;
  // The body of a GET is nobody's: clients that announce one and send none would have the next request taken for it.
  const unasked = !req.complete && (req.method === 'GET' || req.method === 'HEAD');
  const last = exchange.close || exchange.bodyWithheld || unasked;
  const headers = { ...common, ...lengthOf(answer), ...answer.headers, ...(last ? { connection: 'close' } : {}) };
  res.sendDate = false;
  res.setHeader('Date', formatHttpDate(answer.date ?? now()));
  // Length last: after it Node would write the bytes of Content-Disposition in another encoding.
  const { 'content-length': length, ...others }: Record<string, string> = headers;
  for (const [name, value] of Object.entries(others)) res.setHeader(name, toWire(value));
  if (length !== undefined) res.setHeader('content-length', length);
  res.writeHead(answer.status);
  const early = !last && !req.complete;
  if (typeof answer.body === 'object') await answer.body.send(res, exchange.pace);
  // As bytes: Node writes headers in the encoding of a text that follows them, and would encode UTF-8 once more.
  else if (answer.body) await sendText(res, Buffer.from(answer.body), exchange.limits.idleMs);
  else if (early) res.flushHeaders();
  if (early && !(await drain(req, exchange.limits))) return void res.destroy();
  res.end();
}

const SLICE_BYTES = 64 * 1024;

/** A listing may be megabytes, and wait here for a reader that never comes. */
async function sendText(res: ServerResponse, text: Buffer, stallMs: number): Promise<void> {
  for (let at = 0; at < text.length; at += SLICE_BYTES) {
    if (res.destroyed) throw new ReaderGone();
    if (!res.write(text.subarray(at, at + SLICE_BYTES))) await drained(res, stallMs);
  }
}

/** 204 and 304 have no length; HEAD answers bring their own. */
function lengthOf({ status, body }: Answer): Record<string, string> {
  if (body === undefined || status === 204 || status === 304) return {};
  return { 'content-length': String(typeof body === 'string' ? Buffer.byteLength(body) : body.size) };
}
