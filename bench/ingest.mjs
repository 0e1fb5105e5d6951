/** Uploads of 1 GiB to one machine, in parts, five at a time, beside other servers on the same disk. */
import { stop } from './lib/children.mjs';
import { withGenerator } from './lib/generator.mjs';
import { MIB, nginx, nodePipe, sink, sluice } from './lib/ingest-targets.mjs';
import { findNginx } from './lib/nginx.mjs';
import { processorSeconds } from './lib/processor-time.mjs';
import { scratchFacts, settleDisk, withScratch } from './lib/scratch.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const GIB = 1024 * MIB;
const PART_MIB = [1, 8];
const PARALLEL = 5;
const WARM_UP_BYTES = 64 * MIB;

/** @returns {import('./lib/ingest-targets.mjs').Shape} */
const shapeOf = (bytes, partMib) => ({ bytes, partBytes: partMib * MIB, parts: bytes / (partMib * MIB) });

/** @param {{ rounds: number, progress(text: string): void }} options */
export async function ingest({ rounds, progress }) {
  const { freeBytes } = await scratchFacts();
  if (freeBytes < 3 * GIB) throw new Error('the ingest benchmark needs 3 GiB of free disk space; set BENCH_DIR');
  const found = findNginx();
  const targets = [sluice, ...(found ? [nginx(found)] : []), nodePipe, sink];
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    for (const partMib of PART_MIB) {
      for (const target of rotated(targets, round)) {
        progress(`ingest ${round + 1}/${rounds}: ${target.name}, ${partMib} MiB`);
        const run = await undisturbed(() => once(target, shapeOf(GIB, partMib)));
        runs.push({ target: target.name, partMib, ...run });
      }
    }
  }
  const peers = targets.filter((target) => target !== sluice && target !== sink).map(({ name }) => name);
  const missing = found ? '' : '\n\nnginx was not to be had here: install it, or set NGINX to its path.';
  return {
    text:
      report(
        targets.map(({ name }) => name),
        peers,
        runs,
      ) + missing,
    others: runs.map(({ others }) => others),
    facts: found ? [`nginx ${found.version}`] : [],
  };
}

/** A server of its own, with an empty disk, warmed up. @param {import('./lib/ingest-targets.mjs').Target} target */
function once(target, shape) {
  return withScratch(async (directory) => {
    const server = await target.start(directory, shape);
    try {
      return await withGenerator({}, async (generate) => {
        await send(server, generate, 'warm-up', shapeOf(WARM_UP_BYTES, shape.partBytes / MIB));
        settleDisk(directory);
        return send(server, generate, 'measured', shape);
      });
    } finally {
      await stop(server.process);
    }
  });
}

/** Begin, parts, complete: the time of all three, without that of signing, which is the client's. */
async function send(server, generate, name, shape) {
  const before = processorSeconds(server.process.pid);
  const [upload, beginSeconds] = await timed(() => server.begin(name, shape));
  const load = await generate({
    port: server.port,
    connections: PARALLEL,
    heads: upload.heads(),
    count: shape.parts,
    bodyBytes: shape.partBytes,
    keep: 'etag',
  });
  const [, completeSeconds] = await timed(() => upload.complete(load.kept));
  const processor = processorSeconds(server.process.pid) - before;
  await upload.verify();
  return {
    megabytes: shape.bytes / (beginSeconds + load.seconds + completeSeconds) / 1e6,
    processor,
    client: load.processorSeconds,
    p99: load.p99,
  };
}

/** @template T @param {() => Promise<T>} act @returns {Promise<[T, number]>} */
async function timed(act) {
  const started = performance.now();
  return [await act(), (performance.now() - started) / 1000];
}

function report(names, peers, runs) {
  const all = (target, partMib, what) =>
    runs.filter((run) => run.target === target && run.partMib === partMib).map((run) => run[what]);
  const of = (target, partMib, what) => median(all(target, partMib, what));
  const head = [
    '1 GiB, 5 at a time',
    'MB/s',
    ...peers.map((peer) => `× ${peer}`),
    'CPU-s per GiB',
    'p99 of a part, ms',
    'client CPU-s',
  ];
  return PART_MIB.map((partMib) => {
    const rows = names.map((name) => [
      name,
      spread(all(name, partMib, 'megabytes')),
      ...peers.map((peer) => figure(of(name, partMib, 'megabytes') / of(peer, partMib, 'megabytes'), 2)),
      figure(of(name, partMib, 'processor'), 2),
      figure(of(name, partMib, 'p99')),
      figure(of(name, partMib, 'client'), 2),
    ]);
    return `Parts of ${partMib} MiB:\n\n${markdownTable(head, rows)}`;
  }).join('\n\n');
}
