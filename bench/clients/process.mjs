/**
 * One client in a process of its own: `node process.mjs NAME JOB`, JOB being the JSON of {@link Job}. Prints one line of JSON:
 * seconds from the call to its end, processor seconds of that time, and the most memory the process ever had.
 *
 * @typedef {object} Job
 * @property {string} origin of the server
 * @property {readonly string[]} files
 * @property {number} [partBytes] otherwise what the client does by itself
 * @property {number} [parallel] parts (or, of many small files, files) in flight; otherwise what the client does by itself
 */
import { readFileSync } from 'node:fs';

const [name, text] = process.argv.slice(2);
const job = JSON.parse(text);
const { client } = await import(`./${name}.mjs`);
const run = await client(job);
const before = process.cpuUsage();
const started = performance.now();
await run();
const seconds = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(before);
const status = process.platform === 'linux' ? readFileSync('/proc/self/status', 'latin1') : '';
const peakMib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
process.stdout.write(`${JSON.stringify({ seconds, processor: (user + system) / 1e6, peakMib })}\n`, () =>
  process.exit(0),
);
