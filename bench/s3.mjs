/** Uploads of 1 GiB to Ceph RGW, straight and through Sluice with its engine for S3. */

import { MIB } from './ingest/shapes.mjs';
import { stop } from './lib/children.mjs';
import { withGenerator } from './lib/generator.mjs';
import { direct, openRgw, throughSluice, whyNoRgw } from './lib/rgw.mjs';
import { settleDisk, withScratch } from './lib/scratch.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const GIB = 1024 * MIB;
const PART_MIB = [1, 8];
const PARALLEL = 5;
const WARM_UP_BYTES = 64 * MIB;
const STORES = /** @type {const} */ (['bluestore', 'memstore']);
const NAMES = ['Ceph RGW direct', 'through engine/s3'];

const shapeOf = (bytes, partMib) => ({ bytes, partBytes: partMib * MIB, parts: bytes / (partMib * MIB) });

/** @param {{ rounds: number, quick?: boolean, progress(text: string): void }} options */
export async function s3({ rounds, quick, progress }) {
  const why = whyNoRgw();
  if (why) throw new Error(`the s3 benchmark needs Ceph: ${why}`);
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    for (const store of STORES) {
      for (const partMib of PART_MIB) {
        for (const name of rotated(NAMES, round)) {
          progress(`s3 ${round + 1}/${rounds}: ${name}, ${partMib} MiB, ${store}`);
          const run = await undisturbed(() => once(name, store, shapeOf(quick ? GIB / 4 : GIB, partMib)));
          runs.push({ name, partMib, store, ...run });
        }
      }
    }
  }
  return { text: report(runs), others: runs.map(({ others }) => others), facts: ['Ceph 16.2, one OSD'] };
}

/** A store of its own, empty, warmed up. */
function once(name, store, shape) {
  return withScratch(async (directory) => {
    const rgw = await openRgw(`${directory}/ceph`, store);
    try {
      const target = name === NAMES[0] ? direct(rgw) : throughSluice(rgw, stop);
      const server = await target.start(`${directory}/sluice`, shape);
      try {
        return await withGenerator({}, async (generate) => {
          await send(rgw, server, generate, 'warm-up', shapeOf(WARM_UP_BYTES, shape.partBytes / MIB));
          settleDisk(directory);
          return send(rgw, server, generate, 'measured', shape);
        });
      } finally {
        await server.stop();
      }
    } finally {
      await rgw.stop();
    }
  });
}

async function send(rgw, server, generate, name, shape) {
  const upload = await server.begin(name, shape);
  const heads = upload.heads;
  const before = { own: server.processorSeconds(), ceph: rgw.processorSeconds() };
  const load = await generate({
    port: server.port,
    connections: PARALLEL,
    heads,
    count: shape.parts,
    bodyBytes: shape.partBytes,
    keep: 'etag',
  });
  const started = performance.now();
  await upload.complete(load.kept);
  const completeSeconds = (performance.now() - started) / 1000;
  const perGib = GIB / shape.bytes;
  const result = {
    megabytes: shape.bytes / (load.seconds + completeSeconds) / 1e6,
    own: (server.processorSeconds() - before.own) * perGib,
    ceph: (rgw.processorSeconds() - before.ceph) * perGib,
    p99: load.p99,
  };
  await upload.verify();
  return result;
}

function report(runs) {
  const head = [
    '1 GiB, 5 at a time',
    'MB/s',
    '× direct',
    'CPU-s per GiB, Sluice',
    'CPU-s per GiB, Ceph',
    'p99 of a part, ms',
  ];
  return STORES.flatMap((store) =>
    PART_MIB.map((partMib) => {
      const all = (name, what) =>
        runs
          .filter((run) => run.name === name && run.partMib === partMib && run.store === store)
          .map((run) => run[what]);
      const rows = NAMES.map((name) => [
        name,
        spread(all(name, 'megabytes')),
        figure(median(all(name, 'megabytes')) / median(all(NAMES[0], 'megabytes')), 2),
        figure(median(all(name, 'own')), 2),
        figure(median(all(name, 'ceph')), 2),
        figure(median(all(name, 'p99'))),
      ]);
      return `Parts of ${partMib} MiB, ${store}:\n\n${markdownTable(head, rows)}`;
    }),
  ).join('\n\n');
}
