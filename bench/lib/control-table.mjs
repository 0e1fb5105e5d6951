import { figure, markdownTable, median, rotated, spread } from './statistics.mjs';
import { undisturbed } from './undisturbed.mjs';

/**
 * Measures each case once a round, in changing order.
 *
 * @param {readonly { name: string, run(): Promise<import('./control-run.mjs').ControlRun> }[]} cases the peer last
 * @param {{ title: string, rounds: number, progress(text: string): void }} options
 */
export async function controlTable(cases, { title, rounds, progress }) {
  const runs = new Map(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of rotated(cases, round)) {
      progress(`${title} ${round + 1}/${rounds}: ${name}`);
      runs.get(name).push(await undisturbed(run));
    }
  }
  const all = (name, what) => runs.get(name).map((run) => run[what]);
  const of = (name, what) => median(all(name, what));
  const peer = cases[cases.length - 1].name;
  const rows = cases.map(({ name }) => [
    name,
    spread(all(name, 'perSecond')),
    figure(of(name, 'perSecond') / of(peer, 'perSecond'), 2),
    figure(of(name, 'microseconds')),
    figure(of(name, 'p50'), 1),
    figure(of(name, 'p99'), 1),
    `${figure(of(name, 'client') * 100)} %`,
  ]);
  const head = ['on one core', 'per second', `× ${peer}`, 'CPU µs each', 'p50 ms', 'p99 ms', 'client core in use'];
  return {
    text: markdownTable(head, rows),
    others: [...runs.values()].flat().map(({ others }) => others),
  };
}
