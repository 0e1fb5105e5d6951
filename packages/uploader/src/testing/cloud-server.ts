import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MiniCloud, type MiniCloudOptions } from './mini-cloud.js';

export interface CloudServer {
  readonly cloud: MiniCloud;
  /** VOD endpoint; the store answers below `{bucket}.oss.localhost` on the same port. */
  readonly endpoint: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** A {@link MiniCloud} behind node:http. @param ossHost host of the store's endpoint, without port */
export async function startCloud(
  options: Partial<MiniCloudOptions> = {},
  ossHost = 'oss.localhost',
): Promise<CloudServer> {
  let cloud: MiniCloud | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const answer = cloud?.handle({ method: request.method ?? '', url, headers, body: Buffer.concat(chunks) });
    response.writeHead(answer?.status ?? 500, answer?.headers);
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  cloud = new MiniCloud({ now: () => Date.now(), ossEndpoint: `http://${ossHost}:${port}`, ...options });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { cloud, endpoint: `http://127.0.0.1:${port}`, server, close };
}
