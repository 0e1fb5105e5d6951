import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { HttpRequest, HttpResponse, HttpStack } from '../ports.js';
import { loopbackLookup } from './loopback-lookup.js';

/** Bytes handed to the socket at once: the grain of progress. */
const CHUNK = 256 * 1024;
/** Longest answer that is read; every answer of the protocol is far below. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** node:http(s) over kept connections. */
export class NodeHttpStack implements HttpStack {
  readonly #http = new HttpAgent({ keepAlive: true, lookup: loopbackLookup });
  readonly #https = new HttpsAgent({ keepAlive: true, lookup: loopbackLookup });

  send(request: HttpRequest): Promise<HttpResponse> {
    const secure = request.url.startsWith('https:');
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
        method: request.method,
        agent: secure ? this.#https : this.#http,
        headers: { ...Object.fromEntries(request.headers), 'content-length': lengthOf(request.body) },
        signal: request.signal,
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        readAnswer(incoming, request).then((answer) => {
          // Answered before the body was through (a refusal): the connection is of no use any more.
          if (!outgoing.writableFinished) outgoing.destroy();
          resolve(answer);
        }, reject);
      });
      write(outgoing, request).catch((error: unknown) => {
        reject(error);
        outgoing.destroy();
      });
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function lengthOf(body: HttpRequest['body']): number {
  if (body === undefined) return 0;
  if (typeof body === 'string') return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : body.size;
}

async function write(outgoing: ClientRequest, request: HttpRequest): Promise<void> {
  let sent = 0;
  const send = (piece: Uint8Array | string) =>
    new Promise<void>((resolve) => {
      // An error of the connection reaches the request itself.
      outgoing.write(piece, (error) => {
        if (!error) {
          sent += piece.length;
          request.onActivity();
          request.onUploadProgress?.(sent);
        }
        resolve();
      });
    });
  const { body } = request;
  if (typeof body === 'string') await send(body);
  else if (body instanceof Uint8Array) await sendBytes(body, send, outgoing);
  else if (body instanceof Blob) await sendBytes(new Uint8Array(await body.arrayBuffer()), send, outgoing);
  else if (body) {
    for await (const chunk of body.chunks()) {
      if (outgoing.destroyed) return;
      await send(chunk);
    }
  }
  if (!outgoing.destroyed) outgoing.end();
}

async function sendBytes(bytes: Uint8Array, send: (piece: Uint8Array) => Promise<void>, outgoing: ClientRequest) {
  for (let at = 0; at < bytes.length && !outgoing.destroyed; at += CHUNK) await send(bytes.subarray(at, at + CHUNK));
}

async function readAnswer(incoming: IncomingMessage, request: HttpRequest): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    request.onActivity();
    length += chunk.length;
    if (length > MAX_ANSWER) throw new RangeError(`The answer is longer than ${MAX_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: Buffer.concat(chunks).toString('utf8'),
  };
}
