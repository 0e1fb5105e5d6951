/**
 * The line between browser and server: an HTTP proxy that can be slow, dead or dishonest. Everything else goes through
 * unchanged, `Host` included, so that signatures and CORS are the server's own.
 */
import {
  Agent,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface LineRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** `undefined` when no answer reached the browser. */
  status: number | undefined;
}

export interface Line {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Where the server is; may be set later and changed. */
  target: number;
  /** Bytes per second that bodies take on their way up, all together; `undefined` for no limit. */
  speed: number | undefined;
  /** Bytes of bodies that came from browsers so far. */
  readonly received: number;
  readonly requests: readonly LineRequest[];
  /** Says which bodies arrive with one bit changed. */
  corrupt: ((request: LineRequest) => boolean) | undefined;
  /** Changes the headers of answers. */
  rewrite: ((headers: OutgoingHttpHeaders, request: LineRequest) => OutgoingHttpHeaders) | undefined;
  /** `cut`: connections are reset, new ones too. `silent`: nothing passes any more, and nobody is told. */
  state: 'open' | 'cut' | 'silent';
  close(): Promise<void>;
}

export async function openLine(target = 0): Promise<Line> {
  const line = new HttpLine(target);
  await line.listen();
  return line;
}

class HttpLine implements Line {
  target: number;
  speed: number | undefined;
  received = 0;
  readonly requests: LineRequest[] = [];
  corrupt: Line['corrupt'];
  rewrite: Line['rewrite'];
  readonly #server = createServer((request, response) => void this.#pass(request, response));
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sockets = new Set<Socket>();
  #state: Line['state'] = 'open';
  #freeAt = 0;

  constructor(target: number) {
    this.target = target;
    this.#server.on('connection', (socket) => {
      if (this.#state === 'cut') socket.resetAndDestroy();
      if (this.#state === 'silent') socket.pause();
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get state(): Line['state'] {
    return this.#state;
  }

  set state(state: Line['state']) {
    this.#state = state;
    // Who waited in silence for an answer never gets it: the line that comes back is a new one.
    for (const socket of this.#sockets) {
      if (state === 'silent') socket.pause();
      else socket.resetAndDestroy();
    }
  }

  async close(): Promise<void> {
    this.state = 'cut';
    this.#agent.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const entry: LineRequest = { method: incoming.method ?? '', url: incoming.url ?? '', status: undefined };
    this.requests.push(entry);
    const { socket } = incoming;
    const upstream = httpRequest({
      agent: this.#agent,
      host: '127.0.0.1',
      port: this.target,
      method: entry.method,
      path: entry.url,
      headers: incoming.headers,
    });
    // A half that fails takes the other half with it, as one connection would.
    const give = () => {
      upstream.destroy();
      socket.destroy();
    };
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) upstream.destroy();
    });
    upstream.once('error', give);
    upstream.once('response', (answer) => {
      if (this.#state === 'silent') return;
      const headers = this.rewrite ? this.rewrite({ ...answer.headers }, entry) : answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, headers);
      pipeline(answer, outgoing).then(() => {
        entry.status = answer.statusCode;
      }, give);
    });
    await pipeline(incoming, this.#body(this.corrupt?.(entry) ?? false), upstream).catch(give);
  }

  #body(corrupt: boolean): Transform {
    let first = true;
    const take = (chunk: Buffer) => this.#take(chunk.length);
    return new Transform({
      highWaterMark: 64 * 1024,
      transform(chunk: Buffer, _encoding, done: TransformCallback) {
        const changed = corrupt && first;
        if (changed) chunk[0] = (chunk[0] as number) ^ 1;
        first = false;
        const wait = take(chunk);
        if (wait > 0) setTimeout(() => done(null, chunk), wait);
        else done(null, chunk);
      },
    });
  }

  /** @returns milliseconds that bytes have to wait for their turn */
  #take(bytes: number): number {
    this.received += bytes;
    if (this.speed === undefined) return 0;
    const now = performance.now();
    this.#freeAt = Math.max(now, this.#freeAt) + (bytes / this.speed) * 1000;
    return this.#freeAt - now;
  }
}
