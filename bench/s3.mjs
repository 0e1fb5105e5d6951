/** Uploads of 1 GiB to Ceph RGW, straight and through Sluice with its engine for S3. */

import { measureIn } from './ingest/measure.mjs';
import { MIB, shapesOf } from './ingest/shapes.mjs';
import { direct, openRgw, throughSluice, whyNoRgw } from './lib/rgw.mjs';
import { withScratch } from './lib/scratch.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const GIB = 1024 * MIB;
const STORES = /** @type {const} */ (['bluestore', 'memstore']);
const DIRECT = 'Ceph RGW direct';
const TARGETS = [
  { name: DIRECT, to: direct },
  { name: '**through engine/s3**', to: throughSluice },
];

/** @param {{ rounds: number, quick?: boolean, only?: string, progress(text: string): void }} options */
export async function s3({ rounds, quick, only, progress }) {
  const why = whyNoRgw();
  if (why) throw new Error(`the s3 benchmark needs Ceph: ${why}`);
  const shapes = shapesOf(quick ? GIB / 4 : GIB).filter(({ name }) => only === undefined || name.includes(only));
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    for (const store of STORES) {
      for (const shape of shapes) {
        for (const target of rotated(TARGETS, round)) {
          progress(`s3 ${round + 1}/${rounds}: ${shape.name}, ${target.name}, ${store}`);
          runs.push({ target, shape, store, ...(await undisturbed(() => once(target, store, shape))) });
        }
      }
    }
  }
  const tables = shapes.flatMap((shape) => STORES.map((store) => table(runs, shape, store)));
  return { text: tables.join('\n\n'), others: runs.map(({ others }) => others), facts: ['Ceph 16.2, one OSD'] };
}

/** A store of its own, empty. */
function once({ to }, store, shape) {
  return withScratch(async (directory) => {
    const rgw = await openRgw(`${directory}/ceph`, store);
    try {
      return await measureIn(`${directory}/sluice`, to(rgw), shape);
    } finally {
      await rgw.stop();
    }
  });
}

function table(runs, shape, store) {
  const all = (target, what) =>
    runs.filter((run) => run.target === target && run.shape === shape && run.store === store).map((run) => run[what]);
  const of = (target, what) => median(all(target, what));
  const gib = shape.bytes / GIB;
  const head = [
    `${figure(shape.bytes / MIB)} MiB`,
    'MB/s',
    '× direct',
    'CPU-s per GiB, Sluice',
    'CPU-s per GiB, Ceph',
    'peak memory of Sluice, MiB',
    'p99 of a request, ms',
  ];
  const rows = TARGETS.map((target) => [
    target.name,
    spread(all(target, 'megabytes')),
    figure(of(target, 'megabytes') / of(TARGETS[0], 'megabytes'), 2),
    figure(of(target, 'processor') / gib, 2),
    figure(of(target, 'behind') / gib, 2),
    figure(of(target, 'peak')),
    figure(of(target, 'p99')),
  ]);
  return `${shape.name[0].toUpperCase()}${shape.name.slice(1)}, ${store}:\n\n${markdownTable(head, rows)}`;
}
