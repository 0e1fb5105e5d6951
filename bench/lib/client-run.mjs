/** Runs one of `clients/` in a process of its own. */

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { start } from './children.mjs';

const PROCESS = fileURLToPath(new URL('../clients/process.mjs', import.meta.url));
const PROFILES = process.env.BENCH_PROFILES;
const profiling = PROFILES ? ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`] : [];

/** Clients keep what they remember in the home directory and read settings from there: they get an empty one. */
const environmentOf = (home) => ({ PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: home, NODE_NO_WARNINGS: '1' });

/**
 * @param {string} name of a file in `clients/`
 * @param {import('../clients/process.mjs').Job} job
 * @param {{ home: string, prefix?: readonly string[], limitSeconds?: number }} options `prefix`: words before the command
 * @returns {Promise<{ seconds: number, processor: number, peakMib: number }>}
 */
export async function runClient(name, job, { home, prefix = [], limitSeconds = 600 }) {
  const command = [...prefix, process.execPath, ...profiling, PROCESS, name, JSON.stringify(job)];
  const child = start(command, { stdio: ['ignore', 'pipe', 'pipe'], env: environmentOf(home) });
  const timer = setTimeout(() => child.kill('SIGKILL'), limitSeconds * 1000);
  const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearTimeout(timer);
  if (signal === 'SIGKILL') throw new Error(`${name} did not end within ${limitSeconds} s`);
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${err.slice(-1000)}`);
  return JSON.parse(out.trim().split('\n').at(-1));
}
