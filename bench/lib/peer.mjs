import { fileURLToPath } from 'node:url';
import { firstLine, onCore, start } from './children.mjs';

/**
 * Starts a program of `peers/`; it prints its port when it answers.
 * @param {string} name @param {string[]} [args] @param {{ core?: number | undefined }} [options]
 */
export async function startPeer(name, args = [], options) {
  const file = fileURLToPath(new URL(`../peers/${name}.mjs`, import.meta.url));
  const child = start(onCore([process.execPath, file, ...args], options), { stdio: ['ignore', 'pipe', 'inherit'] });
  return { process: child, port: Number(await firstLine(child)) };
}
