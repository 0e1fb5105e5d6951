/** One measurement of a server of small answers: it on one core, the load generator on the other. */
import { stop } from './children.mjs';
import { withGenerator } from './generator.mjs';
import { processorSeconds } from './processor-time.mjs';

export const SERVER_CORE = 0;
const CLIENT_CORE = 1;
export const CONNECTIONS = 32;

/**
 * @typedef {object} ControlRun
 * @property {number} perSecond
 * @property {number} microseconds of processor for one request
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {number} client share of its core that the load generator used
 */

/**
 * @param {{ process: import('node:child_process').ChildProcess }} server is stopped at the end
 * @param {(generate: import('./generator.mjs').Generate) => Promise<void>} warmUp
 * @param {() => import('./generator.mjs').Plan} plan made after the warm-up
 * @returns {Promise<ControlRun>}
 */
export async function controlRun(server, warmUp, plan) {
  const { pid } = server.process;
  try {
    return await withGenerator({ core: CLIENT_CORE }, async (generate) => {
      await warmUp(generate);
      const wanted = plan();
      let before = 0;
      const load = await generate(wanted, () => {
        before = processorSeconds(pid);
      });
      const processor = processorSeconds(pid) - before;
      return {
        perSecond: wanted.count / load.seconds,
        microseconds: (processor / wanted.count) * 1e6,
        p50: load.p50,
        p99: load.p99,
        client: load.processorSeconds / load.seconds,
      };
    });
  } finally {
    await stop(server.process);
  }
}
