/** 1 GiB to and from one machine, in parts and whole, beside other servers on the same disk. */
import { completions } from './ingest/completions.mjs';
import { inFlight } from './ingest/in-flight.mjs';
import { measure } from './ingest/measure.mjs';
import { MIB, shapesOf } from './ingest/shapes.mjs';
import { LIMIT, SLUICE, TUS, targetsOf } from './ingest/targets.mjs';
import { scratchFacts } from './lib/scratch.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const BYTES = 1024 * MIB;
const QUICK_BYTES = 256 * MIB;

/** @param {{ rounds: number, progress(text: string): void, quick: boolean, only?: string }} options */
export async function ingest({ rounds, progress, quick, only }) {
  const bytes = quick ? QUICK_BYTES : BYTES;
  const { freeBytes } = await scratchFacts();
  if (freeBytes < 3 * bytes) throw new Error('the ingest benchmark needs 3 GiB of free disk space; set BENCH_DIR');
  const { targets, facts, missing } = targetsOf();
  const wanted = (name) => only === undefined || name.includes(only);
  const shapes = shapesOf(bytes).filter(({ name }) => wanted(name));
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    for (const shape of shapes) {
      for (const target of rotated(targets, round).filter((one) => !one.notFor?.(shape))) {
        progress(`ingest ${round + 1}/${rounds}: ${shape.name}, ${target.name}`);
        const run = await undisturbed(() => (target.name === SLUICE ? measure : measurePeer)(target, shape));
        runs.push({ target: target.name, shape: shape.name, ...run });
      }
    }
  }
  const tables = shapes.map((shape) =>
    table(
      shape,
      targets.filter((one) => !one.notFor?.(shape)),
      runs,
    ),
  );
  const more = [
    ...(wanted('complete') ? [await completions({ quick, progress })] : []),
    ...(wanted('in flight') ? [await inFlight({ progress })] : []),
  ];
  return {
    text: [...tables, ...more].join('\n\n') + missing,
    others: runs.length > 0 ? runs.map(({ others }) => others) : undefined,
    facts,
  };
}

/** Peers end now and then (@tus/server while it is read from): they are started again, twice at most. */
async function measurePeer(target, shape, left = 2) {
  try {
    return await measure(target, shape);
  } catch (error) {
    if (left === 0) throw error;
    console.error(`${target.name} failed and is started again: ${error.message}`);
    return measurePeer(target, shape, left - 1);
  }
}

/** @param {import('./ingest/shapes.mjs').Shape} shape @param {import('./ingest/targets.mjs').Target[]} targets */
function table(shape, targets, runs) {
  const all = (target, what) =>
    runs.filter((run) => run.target === target && run.shape === shape.name).map((run) => run[what]);
  const of = (target, what) => median(all(target, what));
  const gib = shape.bytes / 2 ** 30;
  const head = [
    `${figure(shape.bytes / MIB)} MiB`,
    'MB/s',
    ...(shape.objects ? ['a second'] : []),
    `× ${LIMIT}`,
    `× ${TUS}`,
    'CPU-s per GiB',
    'peak memory, MiB',
    'p99 of a request, ms',
    'client CPU-s',
  ];
  const rows = targets.map(({ name }) => [
    name === SLUICE ? `**${name}**` : name,
    spread(all(name, 'megabytes')),
    ...(shape.objects ? [figure((of(name, 'megabytes') * 1e6) / shape.partBytes)] : []),
    figure(of(name, 'megabytes') / of(LIMIT, 'megabytes'), 2),
    figure(of(name, 'megabytes') / of(TUS, 'megabytes'), 2),
    figure(of(name, 'processor') / gib, 2),
    figure(of(name, 'peak')),
    figure(of(name, 'p99')),
    figure(of(name, 'client'), 2),
  ]);
  return `${shape.name[0].toUpperCase()}${shape.name.slice(1)}:\n\n${markdownTable(head, rows)}`;
}
