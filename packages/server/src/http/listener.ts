import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Address } from '../config.js';

export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
}

/** A port cannot be opened; the message is one line for the operator. */
export class ListenFailed extends Error {
  override readonly name = 'ListenFailed';
}

export interface Listener {
  readonly server: Server;
  readonly port: number;
  /** `http://127.0.0.1:8400`: where this machine reaches it. */
  readonly url: string;
  /**
   * Takes no new connection, lets requests in flight finish, then closes; what is left after `graceMs` is cut.
   */
  stop(graceMs: number): Promise<void>;
}

/** Tokens in headers run to some kilobytes (reference ram-sts 1.6); node's default of 16 KiB is for all headers. */
const MAX_HEADER_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const CLIENT_ERRORS: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

export type ClientErrorHandler = (error: NodeJS.ErrnoException, socket: Duplex) => void;

/**
 * A server with our limits, not listening yet. Knows no service. Who wants to send `100 Continue` by himself listens to `checkContinue`,
 * {@link inTurn}; a listener of another kind would keep Node from sending it.
 */
export function createListener(
  tls: TlsMaterial | undefined,
  handler: RequestListener,
  onClientError: ClientErrorHandler = plainClientError,
): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // A part of 5 GB on a slow line takes hours; stalled bodies are ended by whoever reads them.
    requestTimeout: 0,
  };
  const server = tls
    ? createTlsServer({ ...options, ...tls }, inTurn(handler))
    : createServer(options, inTurn(handler));
  server.on('clientError', onClientError);
  return server;
}

/** Requests that one connection may have open at once. Clients that are not out to harm send one after the other. */
const MAX_PIPELINED = 16;
const open = new WeakMap<Socket, number>();

/** The answer to the newest request of a connection. */
const newest = new WeakMap<Socket, ServerResponse>();

/**
 * Serves a request when the answer to the one before it on the connection is out: answers that are made ahead wait in memory, all
 * of them, for as long as the client does not read.
 */
export function inTurn(handler: RequestListener): RequestListener {
  return (request, response) => {
    limitPipelining(request, response);
    const { socket } = request;
    const before = newest.get(socket);
    newest.set(socket, response);
    // What came in one piece with too many others is parsed all the same, but not served.
    const serve = () => {
      if (!socket.destroyed) handler(request, response);
    };
    if (before === undefined || before.closed) serve();
    else before.once('close', serve);
  };
}

/** Requests wait in memory for a client that sends one after the other and reads no answer. */
function limitPipelining({ socket }: IncomingMessage, response: ServerResponse): void {
  const count = (open.get(socket) ?? 0) + 1;
  open.set(socket, count);
  if (count > MAX_PIPELINED) socket.destroy();
  response.once('close', () => open.set(socket, (open.get(socket) ?? 1) - 1));
}

/** What is not HTTP, or too much of it, is answered without a dialect. */
function plainClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = CLIENT_ERRORS.get(error.code ?? '') ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** @throws {ListenFailed} */
export async function listen(server: Server, address: Address, secure: boolean, setting: string): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new ListenFailed(describe(error, address, setting))));
    server.listen({ host: address.host, port: address.port }, resolve);
  });
  server.removeAllListeners('error');
  const { port } = server.address() as AddressInfo;
  const host = address.host === '0.0.0.0' ? '127.0.0.1' : address.host === '::' ? '::1' : address.host;
  return {
    server,
    port,
    url: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    stop: (graceMs) => stop(server, graceMs),
  };
}

function describe(error: NodeJS.ErrnoException, { host, port }: Address, setting: string): string {
  const where = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} on ${host} is in use; stop the other program or choose another ${setting} address`;
    case 'EACCES':
      return `no permission to listen on ${where}; choose a port above 1023`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine; choose another ${setting} address`;
    default:
      return `cannot listen on ${where}: ${error.message}`;
  }
}

async function stop(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that turn idle after this point would hold the server open until their keep-alive ends.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(idle);
  clearTimeout(cut);
}
