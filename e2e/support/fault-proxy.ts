import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What goes wrong on the way; changed by tests between requests. */
export interface Faults {
  /** Answers in place of the server behind; `cut` breaks the connection off. */
  answer?: (
    incoming: IncomingMessage,
    body: string,
  ) => Answer | 'cut' | 'silence' | undefined | Promise<Answer | undefined>;
  /** Changes the headers of an answer, lower-case names. */
  headers?: (headers: Map<string, string>, incoming: IncomingMessage) => void;
  /** Changes the headers of a request on its way to the server. */
  requestHeaders?: (headers: Record<string, string | string[] | undefined>) => void;
  /** Changes the body of an answer. */
  body?: (body: string, incoming: IncomingMessage) => string;
}

export interface FaultProxy {
  readonly port: number;
  faults: Faults;
  close(): Promise<void>;
}

/** Stands before a server as an operator's reverse proxy does, and gets things wrong on demand. Keeps the Host header. */
export async function startFaultProxy(
  target: () => { port: number },
  tls?: { key: string; cert: string },
  listenOn = { host: '127.0.0.1', port: 0 },
): Promise<FaultProxy> {
  const proxy: { faults: Faults } = { faults: {} };
  const handle = async (incoming: IncomingMessage, response: import('node:http').ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const instead = await proxy.faults.answer?.(incoming, Buffer.concat(chunks).toString('latin1'));
    if (instead === 'cut') return void incoming.socket.destroy();
    if (instead === 'silence') return;
    if (instead) return void response.writeHead(instead.status, instead.headers).end(instead.body);
    const headers = { ...incoming.headers };
    proxy.faults.requestHeaders?.(headers);
    const outgoing = request(
      { host: '127.0.0.1', port: target().port, method: incoming.method, path: incoming.url, headers, setHost: false },
      async (answer) => {
        const parts: Buffer[] = [];
        for await (const part of answer) parts.push(part as Buffer);
        const changed = new Map(
          Object.entries(answer.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(', ') : (value ?? ''),
          ]),
        );
        changed.delete('transfer-encoding');
        changed.delete('connection');
        proxy.faults.headers?.(changed, incoming);
        let body: Buffer = Buffer.concat(parts);
        if (proxy.faults.body) body = Buffer.from(proxy.faults.body(body.toString('utf8'), incoming));
        if (changed.has('content-length')) changed.set('content-length', String(body.length));
        response.sendDate = false;
        response.writeHead(answer.statusCode ?? 502, Object.fromEntries(changed)).end(body);
      },
    );
    outgoing.on('error', () => response.writeHead(502).end());
    outgoing.end(Buffer.concat(chunks));
  };
  const listener = (incoming: IncomingMessage, response: import('node:http').ServerResponse): void => {
    handle(incoming, response).catch(() => response.destroy());
  };
  const server = tls ? createHttpsServer(tls, listener) : createHttpServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(listenOn.port, listenOn.host);
  await once(server, 'listening');
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}
