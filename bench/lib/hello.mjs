import { CONNECTIONS, controlRun, SERVER_CORE } from './control-run.mjs';
import { requestHead } from './generator.mjs';
import { startPeer } from './peer.mjs';

const WARM_UP = 20_000;
const COUNT = 100_000;

/** What the framework does when it has nothing to do. */
export const fastifyHello = {
  name: 'Fastify hello',
  async run() {
    const server = await startPeer('fastify-hello', [], { core: SERVER_CORE });
    const heads = [requestHead('GET', '/', { host: 'localhost' })];
    const plan = (count) => ({ port: server.port, connections: CONNECTIONS, heads, count });
    return controlRun(
      server,
      async (generate) => void (await generate(plan(WARM_UP))),
      () => plan(COUNT),
    );
  },
};
