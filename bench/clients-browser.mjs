/** Uploads of 1 GiB from a file that was picked in Chromium, to a server that throws the bytes away. */
import { join } from 'node:path';
import { stop } from './lib/children.mjs';
import { withChromium } from './lib/chromium.mjs';
import { withPage } from './lib/pages.mjs';
import { writeRandomFile } from './lib/random-file.mjs';
import { withScratch } from './lib/scratch.mjs';
import { startSink } from './lib/sink.mjs';
import { figure, markdownTable, median, rotated, spread } from './lib/statistics.mjs';
import { undisturbed } from './lib/undisturbed.mjs';

const MIB = 2 ** 20;
const GIB = 1024 * MIB;

const CONTESTANTS = [
  { page: 'sluice', name: '`@sluice/uploader`, by itself', job: {} },
  { page: 'sluice', name: '`@sluice/uploader`, 8 MiB', job: { partBytes: 8 * MIB } },
  { page: 'ali-oss', name: 'ali-oss, by itself (5 × 1 MiB)', job: {} },
  { page: 'ali-oss', name: 'ali-oss, 5 × 8 MiB', job: { partBytes: 8 * MIB } },
  { page: 'tus', name: 'tus-js-client, by itself (one PATCH)', job: {} },
  { page: 'tus', name: 'tus-js-client, 5 × 8 MiB', job: { partBytes: 8 * MIB, parallel: 5 } },
  { page: 'uppy', name: 'Uppy core + aws-s3, by itself (1 × 5 MiB)', job: {} },
  { page: 'uppy', name: 'Uppy core + aws-s3, 1 × 16 MiB', job: { partBytes: 16 * MIB } },
];
const OURS = CONTESTANTS[0].name;

/** @param {{ rounds: number, progress(text: string): void, only?: string | undefined, quick?: boolean }} options */
export async function clientsBrowser({ rounds, progress, only = '', quick = false }) {
  const bytes = quick ? 64 * MIB : GIB;
  const chosen = CONTESTANTS.filter(({ name }) => name.includes(only));
  const runs = [];
  await withScratch(async (directory) => {
    const file = writeRandomFile(join(directory, 'upload.mp4'), bytes);
    for (let round = 0; round < rounds; round++) {
      for (const { name, page, job } of rotated(chosen, round)) {
        progress(`clients-browser ${round + 1}/${rounds}: ${name}`);
        const run = await undisturbed(() => once(directory, file, page, job));
        runs.push({ name, ...run });
      }
    }
  });
  return {
    text: report(
      chosen.map(({ name }) => name),
      runs,
      bytes,
    ),
    others: runs.map(({ others }) => others),
    facts: [`Chromium ${runs[0].version}`],
  };
}

/** A sink, a site and a browser of its own. */
async function once(directory, file, name, job) {
  const sink = await startSink(directory);
  try {
    return await withPage(name, (url) =>
      withChromium(async ({ page, version, measure }) => {
        await page.goto(url);
        await page.setInputFiles('#pick', file);
        const run = await measure(() =>
          page.evaluate((given) => watched(() => uploadFile(document.querySelector('#pick').files[0], given)), {
            origin: sink.origin,
            ...job,
          }),
        );
        return { ...run, version };
      }),
    );
  } finally {
    await stop(sink.process);
  }
}

function report(names, runs, bytes) {
  const all = (name, what) => runs.filter((run) => run.name === name).map(what);
  const megabytes = ({ seconds }) => bytes / seconds / 1e6;
  const ours = names.includes(OURS) ? median(all(OURS, megabytes)) : Number.NaN;
  const head = [
    `${figure(bytes / MIB)} MiB from an \`<input>\``,
    'MB/s',
    `× ${OURS}`,
    'CPU-s per GiB',
    'memory above rest, MiB',
    'longest task, ms',
    'longest gap between frames, ms',
  ];
  const middle = (name, what) => figure(median(all(name, (run) => run[what])));
  const rows = names.map((name) => [
    name,
    spread(all(name, megabytes)),
    figure(median(all(name, megabytes)) / ours, 2),
    figure((median(all(name, ({ processor }) => processor)) * GIB) / bytes, 2),
    middle(name, 'peakMib'),
    middle(name, 'longestTask'),
    middle(name, 'longestGap'),
  ]);
  return markdownTable(head, rows);
}
