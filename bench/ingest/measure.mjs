/** One run: a server of its own, with an empty disk, warmed up. */
import { stop } from '../lib/children.mjs';
import { withGenerator } from '../lib/generator.mjs';
import { forgetPeak, peakMib, processorSeconds } from '../lib/processor-time.mjs';
import { settleDisk, withScratch } from '../lib/scratch.mjs';
import { warmUp } from './shapes.mjs';

/** @param {{ start: import('./targets.mjs').Target['start'] }} target @param {import('./shapes.mjs').Shape} shape */
export const measure = (target, shape) => withScratch((directory) => measureIn(directory, target, shape));

/**
 * @param {string} directory for its files, empty
 * @param {{ start: import('./targets.mjs').Target['start'] }} target @param {import('./shapes.mjs').Shape} shape
 */
export async function measureIn(directory, target, shape) {
  const server = await target.start(directory, shape);
  try {
    return await withGenerator({}, async (generate) => {
      await transfer(server, generate, 'warm-up', warmUp(shape), directory);
      return transfer(server, generate, 'measured', shape, directory);
    });
  } finally {
    if (server.process) await stop(server.process);
  }
}

/**
 * Begin, parts, complete: the time of all three, without that of signing, which is the client's. Of a download only what comes
 * after them.
 */
async function transfer(server, generate, name, shape, directory) {
  const { port, keep, process, behindSeconds = () => 0 } = server;
  settleDisk(directory);
  const secondsSoFar = () => (process ? processorSeconds(process.pid) : 0);
  const count = () => {
    if (process) forgetPeak(process.pid);
    const before = { own: secondsSoFar(), behind: behindSeconds() };
    return () => ({
      processor: secondsSoFar() - before.own,
      behind: behindSeconds() - before.behind,
      peak: process ? peakMib(process.pid) : Number.NaN,
    });
  };
  let counted = count();
  const [upload, beginSeconds] = await timed(() => server.begin(name, shape));
  const load = await generate({
    port,
    connections: shape.connections,
    heads: upload.heads,
    count: shape.parts,
    bodyBytes: shape.partBytes,
    keep,
  });
  const [, completeSeconds] = await timed(async () => upload.complete?.(load.kept));
  if (!shape.download) {
    const seconds = beginSeconds + load.seconds + completeSeconds;
    const result = { ...counted(), ...rates(shape.bytes, seconds, load) };
    await upload.verify?.();
    return result;
  }
  counted = count();
  const fetched = await generate({ port, connections: 1, heads: [upload.fetch(load.kept)], count: 1 });
  return { ...counted(), ...rates(shape.bytes, fetched.seconds, fetched) };
}

const rates = (bytes, seconds, { processorSeconds: client, p99 }) => ({
  megabytes: bytes / seconds / 1e6,
  client,
  p99,
});

/** @template T @param {() => Promise<T>} act @returns {Promise<[T, number]>} */
async function timed(act) {
  const started = performance.now();
  return [await act(), (performance.now() - started) / 1000];
}
