/**
 * `node bench/run.mjs [NAME]… [--rounds N] [--quick] [--only TEXT] [--write] [--no-build]`, the names being those of NAMES
 *
 * Prints Markdown; `--write` puts it into bench/README.md too. Progress goes to standard error.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ready } from '../scripts/ready.mjs';
import { median } from './lib/statistics.mjs';

const README = new URL('README.md', import.meta.url);
const NAMES = [
  'ingest',
  's3',
  'policy',
  'assume-role',
  'tokens',
  'authorise',
  'audit',
  'clients-node',
  'clients-browser',
  'links',
  'size',
];
const MOST_ROUNDS = 50;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
  },
});
/** Takes root and half a day: only when it is asked for. */
const ASKED_FOR = ['links'];
const chosen = positionals.length === 0 ? NAMES.filter((name) => !ASKED_FOR.includes(name)) : positionals;
const rounds = Number(values.rounds);
const unknown = chosen.find((name) => !NAMES.includes(name));
if (unknown !== undefined || !Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) {
  console.error(
    `usage: node bench/run.mjs [${NAMES.join('|')}]… [--rounds 1–${MOST_ROUNDS}] [--quick] [--only TEXT] [--write] [--no-build]`,
  );
  process.exit(2);
}

if (!values['no-build']) ready();
// Only now: they import what was just installed and built.
const { load, machineFacts } = await import('./lib/machine.mjs');
const benchmarks = {
  ingest: async () => (await import('./ingest.mjs')).ingest,
  s3: async () => (await import('./s3.mjs')).s3,
  policy: async () => (await import('./policy.mjs')).policy,
  'assume-role': async () => (await import('./assume-role.mjs')).assumeRole,
  tokens: async () => (await import('./tokens.mjs')).tokens,
  authorise: async () => (await import('./authorise.mjs')).authorise,
  audit: async () => (await import('./audit.mjs')).audit,
  'clients-node': async () => (await import('./clients-node.mjs')).clientsNode,
  'clients-browser': async () => (await import('./clients-browser.mjs')).clientsBrowser,
  links: async () => (await import('./links.mjs')).links,
  size: async () => (await import('./size.mjs')).size,
};

const facts = await machineFacts();
const progress = (text) => console.error(`[load ${load()}] ${text}`);
for (const name of chosen) {
  const benchmark = await benchmarks[name]();
  const {
    text,
    others,
    facts: more = [],
  } = await benchmark({ rounds, progress, quick: values.quick, only: values.only });
  const timed = others === undefined ? [] : [`medians of ${rounds} rounds`, company(others)];
  const section = `${text}\n\n${[...facts, ...more, ...timed].join('; ')}.`;
  console.log(`## ${name}\n\n${section}\n`);
  if (values.write) replaceFigures(name, section);
}

/** What other programs took of the machine meanwhile. @param {readonly number[]} others cores, of each run */
function company(others) {
  return `others used ${median(others).toFixed(2)} cores in the median run and ${Math.max(...others).toFixed(2)} in the worst`;
}

/** Figures stand between two comments in the README. */
function replaceFigures(name, section) {
  const text = readFileSync(README, 'utf8');
  const [open, close] = [`<!-- figures: ${name} -->`, `<!-- /figures: ${name} -->`];
  const [before, rest = ''] = text.split(open);
  const [, after] = rest.split(close);
  if (after === undefined) throw new Error(`bench/README.md has no place for the figures of ${name}`);
  writeFileSync(README, `${before}${open}\n\n${section}\n\n${close}${after}`);
}
