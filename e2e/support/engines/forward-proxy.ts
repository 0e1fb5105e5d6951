import { Agent, createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';

export interface ForwardProxy {
  /** `127.0.0.1:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** An HTTP proxy as browsers are told of one, to which every name is this machine: DNS for engines that map no names. */
export async function openForwardProxy(): Promise<ForwardProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://proxy');
    const upstream = httpRequest({
      agent,
      host: '127.0.0.1',
      port: url.port,
      method: incoming.method,
      path: url.pathname + url.search,
      headers: incoming.headers,
    });
    upstream.once('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, outgoing, () => undefined);
    });
    pipeline(incoming, upstream, (error) => {
      if (error) outgoing.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        agent.destroy();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
