/** The processes that a benchmark starts, and ends again whatever happens. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';

const START_MS = 30_000;
const STOP_MS = 10_000;

/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const canPin = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;

/** Whether server and load generator each get a core of their own. */
export const pinned = canPin;

/**
 * @param {readonly [string, ...string[]]} command
 * @param {{ core?: number | undefined }} [options] the one core it may use
 * @returns {readonly [string, ...string[]]}
 */
export function onCore(command, { core } = {}) {
  return core === undefined || !canPin ? command : ['taskset', '-c', String(core), ...command];
}

/**
 * @param {readonly [string, ...string[]]} command
 * @param {import('node:child_process').SpawnOptions} options
 */
export function start([file, ...args], options) {
  const child = spawn(file, args, options);
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

/**
 * The first line of its output: how servers here say that they answer.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>}
 */
export async function firstLine(child) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), START_MS);
  try {
    const { signal } = abort;
    return await Promise.race([
      once(createInterface({ input: child.stdout }), 'line', { signal }).then(([line]) => line),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`${child.spawnargs.join(' ')} ended with ${code} before it was ready`);
      }),
    ]);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** Ends it, by force after a while. @param {import('node:child_process').ChildProcess} child */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
