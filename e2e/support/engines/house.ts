import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSample } from '../files.js';
import { type LoggedRequest, type ServerProcess, startServer, temporaryDirectory } from '../server.js';
import { type Line, openLine } from './line.js';
import { openSite, type Site } from './site.js';
import type { PageOptions } from './upload-page.js';

export interface Sample {
  readonly path: string;
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** A server behind lines that the test controls, and the operator's site on an origin of its own. */
export interface House {
  readonly server: ServerProcess;
  /** Of this server and of those before its restarts. */
  readonly requests: readonly LoggedRequest[];
  /** To the control plane. */
  readonly api: Line;
  /** To the data plane. */
  readonly oss: Line;
  readonly site: Site;
  /** What every page needs to know. */
  readonly options: PageOptions;
  /** Writes a file of its own content. */
  sample(name: string, size: number): Promise<Sample>;
  /** Takes every line away, or gives it back. */
  cut(off: boolean): void;
  /** Everything as it was built, whatever a test did to it. */
  repair(): void;
  /** Kills the server like a power cut, and starts it again on its data. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openHouse(env: Readonly<Record<string, string>> = {}): Promise<House> {
  const directory = await temporaryDirectory();
  const data = join(directory, 'data');
  const [api, oss] = await Promise.all([openLine(), openLine()]);
  const start = () =>
    startServer({
      data,
      env: { SLUICE_OSS_URL: `http://oss.localhost:${oss.port}`, SLUICE_STS_PER_SECOND: '10000', ...env },
    });
  let server = await start();
  const connect = () => {
    api.target = server.apiPort;
    oss.target = server.ossPort;
  };
  connect();
  const site = await openSite(() => server.api);
  let samples = 0;
  let earlier: readonly LoggedRequest[] = [];
  const house: House = {
    get server() {
      return server;
    },
    get requests() {
      return [...earlier, ...server.requests];
    },
    api,
    oss,
    site,
    options: { endpoint: api.url },
    async sample(name, size) {
      const path = join(directory, name);
      const sha256 = await writeSample(path, size, ++samples);
      return { path, sha256, size };
    },
    cut(off) {
      api.state = oss.state = off ? 'cut' : 'open';
      site.cut = off;
    },
    repair() {
      if (api.state !== 'open' || oss.state !== 'open' || site.cut) house.cut(false);
      for (const line of [api, oss]) {
        line.speed = line.corrupt = line.rewrite = undefined;
      }
    },
    async restart() {
      await server.kill();
      earlier = house.requests;
      server = await start();
      connect();
    },
    async close() {
      await server.stop();
      await Promise.all([site.close(), api.close(), oss.close()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return house;
}
