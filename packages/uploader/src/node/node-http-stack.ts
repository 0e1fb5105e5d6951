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

  async send(request: HttpRequest): Promise<HttpResponse> {
    const body = await bytes(request.body);
    const secure = request.url.startsWith('https:');
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)(request.url, {
        method: request.method,
        agent: secure ? this.#https : this.#http,
        headers: { ...Object.fromEntries(request.headers), 'content-length': body.length },
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
      write(outgoing, body, request);
    });
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

async function bytes(body: HttpRequest['body']): Promise<Uint8Array> {
  if (body === undefined) return new Uint8Array(0);
  if (typeof body === 'string') return Buffer.from(body);
  return body instanceof Uint8Array ? body : new Uint8Array(await body.arrayBuffer());
}

function write(outgoing: ClientRequest, body: Uint8Array, request: HttpRequest): void {
  let sent = 0;
  const next = () => {
    if (outgoing.destroyed) return;
    if (sent === body.length) {
      outgoing.end();
      return;
    }
    const piece = body.subarray(sent, sent + CHUNK);
    outgoing.write(piece, (error) => {
      if (error) return;
      sent += piece.length;
      request.onActivity();
      request.onUploadProgress?.(sent);
      next();
    });
  };
  next();
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
