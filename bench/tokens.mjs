/** Tokens that the AppServer has in its cache, handed out to many browsers, beside a hello of the same framework. */
import { CONNECTIONS, controlRun, SERVER_CORE } from './lib/control-run.mjs';
import { controlTable } from './lib/control-table.mjs';
import { requestHead } from './lib/generator.mjs';
import { fastifyHello } from './lib/hello.mjs';
import { withScratch } from './lib/scratch.mjs';
import { startSluice } from './lib/sluice.mjs';

/** So many that nobody reaches the limit of 30 requests in 10 seconds: warm-up and measurement ask 12 times. */
const USERS = 4000;
const WARM_UP = 2 * USERS;
const COUNT = 10 * USERS;

/** @param {{ rounds: number, progress(text: string): void }} options */
export const tokens = (options) =>
  controlTable([{ name: 'AppServer, cached token', run: once }, fastifyHello], { title: 'tokens', ...options });

function once() {
  return withScratch(async (directory) => {
    const sluice = await startSluice(directory, { core: SERVER_CORE });
    const host = `127.0.0.1:${sluice.apiPort}`;
    const plan = (heads, count) => ({ port: sluice.apiPort, connections: CONNECTIONS, heads, count });
    let heads = [''];
    return controlRun(
      sluice,
      async (generate) => {
        // A browser gets its cookie with the page, and its token with the first request.
        const page = requestHead('GET', '/demo/', { host });
        const { kept } = await generate({ ...plan([page], USERS), keep: 'set-cookie' });
        heads = kept.map((cookie) => requestHead('GET', '/token', { host, cookie: cookie.split(';', 1)[0] }));
        await generate(plan(heads, WARM_UP));
      },
      () => plan(heads, COUNT),
    );
  });
}
