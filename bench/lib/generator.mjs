/** Starts the load generator in a process of its own and hands it plans. */
import { on } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onCore, start, stop } from './children.mjs';

/**
 * @typedef {object} Plan
 * @property {number} port on 127.0.0.1
 * @property {number} connections kept open; each sends its next request when the answer to the last one is complete
 * @property {readonly string[]} heads whole request heads, with the empty line; used in turn
 * @property {number} count requests in all
 * @property {number} [bodyBytes] random bytes behind each head, as many as the head says
 * @property {string} [keep] name of an answer header to bring back, in the order of the requests
 */

/**
 * @typedef {object} Load
 * @property {number} seconds first byte out to last byte in
 * @property {number} processorSeconds of the generator
 * @property {number} p50 milliseconds
 * @property {number} p99 milliseconds
 * @property {string[]} kept
 */

/** @typedef {(plan: Plan, onReady?: () => void) => Promise<Load>} Generate fails when one answer is not 2xx */

const FILE = fileURLToPath(new URL('generator-process.mjs', import.meta.url));

/**
 * @template T
 * @param {{ core?: number | undefined }} options the one core it may use
 * @param {(generate: Generate) => Promise<T>} use `onReady` is called when all is prepared, right before the first byte
 */
export async function withGenerator(options, use) {
  const child = start(onCore([process.execPath, FILE], options), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  const answers = on(child, 'message', { close: ['exit'] });
  const ask = async (question) => {
    child.send(question);
    const { value, done } = await answers.next();
    if (done) throw new Error('the load generator is gone');
    const [answer] = value;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  try {
    return await use(async (plan, onReady) => {
      await ask({ plan });
      onReady?.();
      return (await ask({ go: true })).load;
    });
  } finally {
    await stop(child);
  }
}

/** @param {string} method @param {string} target @param {Readonly<Record<string, string>>} headers */
export function requestHead(method, target, headers) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
