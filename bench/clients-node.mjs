/** Uploads of 1 GiB from a file by Node clients, to a server that throws the bytes away. */
import { join } from 'node:path';
import { stop } from './lib/children.mjs';
import { runClient } from './lib/client-run.mjs';
import { requestHead, withGenerator } from './lib/generator.mjs';
import { writeRandomFile } from './lib/random-file.mjs';
import { withScratch } from './lib/scratch.mjs';
import { startSink } from './lib/sink.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const MIB = 2 ** 20;
const GIB = 1024 * MIB;
const CEILING = 'sink (what it can take)';

const contestant = (client, name, partMib, parallel) => ({
  client,
  name: partMib === undefined ? `${name}, by itself` : `${name}, ${parallel} × ${partMib} MiB`,
  setting: partMib === undefined ? {} : { partBytes: partMib * MIB, parallel },
});

const CONTESTANTS = [
  contestant('sluice', '`@sluice/uploader`'),
  ...[1, 8, 16].map((mib) => contestant('sluice', '`@sluice/uploader`', mib, 5)),
  ...[1, 8, 16].map((mib) => contestant('ali-oss', 'ali-oss', mib, 5)),
  ...[5, 8, 16].map((mib) => contestant('lib-storage', '@aws-sdk/lib-storage', mib, 5)),
  contestant('tus', 'tus-js-client'),
  contestant('tus', 'tus-js-client', 8, 5),
];
const OURS = CONTESTANTS[0].name;

/** @param {{ rounds: number, progress(text: string): void, only?: string | undefined, quick?: boolean }} options */
export async function clientsNode({ rounds, progress, only = '', quick = false }) {
  const bytes = quick ? 256 * MIB : GIB;
  const chosen = CONTESTANTS.filter(({ name }) => name.includes(only));
  return withScratch(async (directory) => {
    const file = writeRandomFile(join(directory, 'upload.mp4'), bytes);
    const runs = [];
    for (let round = 0; round < rounds; round++) {
      for (const { name, client, setting } of rotated(chosen, round)) {
        progress(`clients-node ${round + 1}/${rounds}: ${name}`);
        const run = await undisturbed(() => once(directory, client, { files: [file], ...setting }));
        runs.push({ name, ...run });
      }
      progress(`clients-node ${round + 1}/${rounds}: ${CEILING}`);
      runs.push({ name: CEILING, ...(await undisturbed(() => ceiling(directory, bytes))) });
    }
    const names = [...chosen.map(({ name }) => name), CEILING];
    return { text: report(names, runs, bytes), others: runs.map(({ others }) => others) };
  });
}

async function once(directory, client, job) {
  const sink = await startSink(directory);
  try {
    return await runClient(client, { origin: sink.origin, ...job }, { home: directory });
  } finally {
    await stop(sink.process);
  }
}

/** The same bytes from memory over raw sockets. */
async function ceiling(directory, bytes) {
  const sink = await startSink(directory);
  try {
    const bodyBytes = 8 * MIB;
    const head = requestHead('PUT', '/k?partNumber=1', { host: 'localhost', 'content-length': String(bodyBytes) });
    const load = await withGenerator({}, (generate) =>
      generate({ port: sink.port, connections: 5, heads: [head], count: bytes / bodyBytes, bodyBytes }),
    );
    return { seconds: load.seconds, processor: load.processorSeconds, peakMib: Number.NaN };
  } finally {
    await stop(sink.process);
  }
}

function report(names, runs, bytes) {
  const all = (name, what) => runs.filter((run) => run.name === name).map(what);
  const megabytes = ({ seconds }) => bytes / seconds / 1e6;
  const ours = names.includes(OURS) ? median(all(OURS, megabytes)) : Number.NaN;
  const head = [`${figure(bytes / MIB)} MiB from a file`, 'MB/s', `× ${OURS}`, 'CPU-s per GiB', 'peak memory, MiB'];
  const rows = names.map((name) => [
    name,
    spread(all(name, megabytes)),
    figure(median(all(name, megabytes)) / ours, 2),
    figure((median(all(name, ({ processor }) => processor)) * GIB) / bytes, 2),
    figure(median(all(name, ({ peakMib }) => peakMib))),
  ]);
  return markdownTable(head, rows);
}
