/**
 * How long an upload takes over lines with delay and loss: what each client does by itself, and the best that can be had of it
 * by trying part sizes and numbers of parts in flight.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stop } from './lib/children.mjs';
import { runClient } from './lib/client-run.mjs';
import { missingForNetworks, withLine } from './lib/network.mjs';
import { writeRandomFile } from './lib/random-file.mjs';
import { withScratch } from './lib/scratch.mjs';
import { startSink } from './lib/sink.mjs';
import { figure, markdownTable, median, rotated } from './lib/statistics.mjs';
import { LINES, QUICK_LINES } from './links/lines.mjs';
import { CLIENTS, settingsOf } from './links/settings.mjs';

const MIB = 2 ** 20;
const FULL_BYTES = 100 * MIB;
/** Settings are tried on a file that would take the bare line about this long, and the best two on the whole one. */
const TRIAL_SECONDS = 5;
const LEAST_TRIAL_BYTES = 32 * MIB;
const FINALISTS = 2;
const SMALL_FILES = 300;
const SMALL_BYTES = 64 * 1024;
const LIMIT_SECONDS = 900;
const SEED = 7;

/**
 * @typedef {object} Result
 * @property {string} client
 * @property {import('./links/settings.mjs').Setting | undefined} setting `undefined`: by itself
 * @property {number} seconds median over the rounds
 */

/** @param {{ rounds: number, progress(text: string): void, only?: string | undefined, quick?: boolean }} options */
export async function links({ rounds, progress, only = '', quick = false }) {
  const missing = missingForNetworks();
  if (missing) throw new Error(`The links benchmark cannot run here: ${missing}.`);
  const lines = (quick ? QUICK_LINES : LINES).filter(({ name }) => name.includes(only));
  return withScratch(async (directory) => {
    const tables = [];
    const results = [];
    for (const line of lines) {
      const measured = await measureLine({ directory, line, rounds, quick, progress });
      results.push({ line, measured });
      progress(
        `links, ${line.name}: ${measured.map(({ client, setting, seconds }) => `${client} ${nameOf(setting)} ${figure(seconds, 1)} s`).join('; ')}`,
      );
    }
    tables.push(report(results));
    return { text: tables.join('\n\n') };
  });
}

const nameOf = (setting) => (setting === undefined ? 'by itself' : setting.name);

/** @returns {Promise<Result[]>} each client by itself and at its best */
async function measureLine({ directory, line, rounds, quick, progress }) {
  const whole = line.files === undefined ? FULL_BYTES : 0;
  const carried = Math.ceil((line.steps[0].mbit * 1e6 * TRIAL_SECONDS) / 8 / MIB) * MIB;
  const trialBytes = Math.min(whole, Math.max(carried, LEAST_TRIAL_BYTES));
  const filesOf = (bytes) =>
    line.files === undefined
      ? [oneFile(directory, bytes)]
      : Array.from({ length: SMALL_FILES }, (_, i) => oneFile(directory, SMALL_BYTES, `small-${i}`));
  const time = (client, setting, bytes, seed) =>
    upload({ directory, line, client, seed, job: { files: filesOf(bytes), ...setting?.job } });

  const contestants = [];
  for (const client of CLIENTS) {
    contestants.push({ client, setting: undefined });
    const trials = [];
    for (const setting of settingsOf(client, { quick, small: line.files !== undefined })) {
      const seconds = await time(client, setting, trialBytes, SEED);
      progress(`links, ${line.name}: ${client} ${setting.name} ${figure(seconds, 1)} s (trial)`);
      trials.push({ setting, seconds });
    }
    trials.sort((a, b) => a.seconds - b.seconds);
    for (const { setting } of trials.slice(0, FINALISTS)) contestants.push({ client, setting });
  }
  const runs = contestants.map((contestant) => ({ ...contestant, all: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const run of rotated(runs, round)) {
      run.all.push(await time(run.client, run.setting, whole, SEED + round));
      progress(
        `links, ${line.name} ${round + 1}/${rounds}: ${run.client} ${nameOf(run.setting)} ${figure(run.all.at(-1), 1)} s`,
      );
    }
  }
  const done = runs.map(({ client, setting, all }) => ({ client, setting, seconds: median(all) }));
  return CLIENTS.flatMap((client) => {
    const [alone, ...tried] = done.filter((run) => run.client === client);
    return [alone, ...tried.sort((a, b) => a.seconds - b.seconds).slice(0, 1)];
  });
}

const written = new Map();

function oneFile(directory, bytes, name = `file-${bytes}`) {
  const path = join(directory, `${name}.mp4`);
  if (!written.has(path)) written.set(path, writeRandomFile(path, bytes));
  return path;
}

/** @returns {Promise<number>} seconds; `Infinity` when it failed or took too long */
function upload({ directory, line, client, seed, job }) {
  return withLine({ lane: 0, steps: line.steps, seed }, async ({ client: prefix, server, host }) => {
    const home = join(directory, 'home');
    mkdirSync(home, { recursive: true });
    const sink = await startSink(directory, { host, prefix: server, port: 18_000 });
    try {
      const { seconds } = await runClient(
        client,
        { origin: sink.origin, ...job },
        { home, prefix, limitSeconds: LIMIT_SECONDS },
      );
      return seconds;
    } catch (error) {
      console.error(`${line.name}: ${error.message}`);
      return Number.POSITIVE_INFINITY;
    } finally {
      await stop(sink.process);
    }
  });
}

/** Seconds, and how many times as long as ours by itself each one took. */
function report(results) {
  const peers = CLIENTS.filter((client) => client !== 'sluice');
  const head = [
    '100 MiB',
    'ours, s',
    'best default of a peer',
    '×',
    'best setting of a peer',
    '×',
    'our best setting',
    '×',
    ...peers.map((peer) => `${peer}: by itself / best, s`),
  ];
  const rows = results.map(({ line, measured }) => {
    const ours = measured.find(({ client, setting }) => client === 'sluice' && setting === undefined).seconds;
    const best = (fits) => measured.filter(fits).sort((a, b) => a.seconds - b.seconds)[0];
    const cells = (run) => [
      run === undefined
        ? '–'
        : `${figure(run.seconds, 1)} (${run.client === 'sluice' ? '' : `${run.client} `}${nameOf(run.setting)})`,
      run === undefined ? '–' : figure(run.seconds / ours, 2),
    ];
    return [
      line.name,
      figure(ours, 1),
      ...cells(best(({ client, setting }) => client !== 'sluice' && setting === undefined)),
      ...cells(best(({ client }) => client !== 'sluice')),
      ...cells(best(({ client, setting }) => client === 'sluice' && setting !== undefined)),
      ...peers.map((peer) => {
        const of = (fits) => figure(best((run) => run.client === peer && fits(run))?.seconds ?? Number.NaN, 1);
        return `${of(({ setting }) => setting === undefined)} / ${of(() => true)}`;
      }),
    ];
  });
  return markdownTable(head, rows);
}
