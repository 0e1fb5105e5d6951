/** Decisions by policy on one core: a compiled policy of 1, 10 and 100 statements, and what it takes to compile one. */
import { authorise, parsePolicy } from '@sluice/policy';
import { figure, markdownTable, rotated, spread } from './lib/statistics.mjs';

/** Milliseconds that are measured of each row, after a third of that for warming up. */
const SPAN = 600;
const BATCH = 200;

const named = (name, statements) => {
  const text = JSON.stringify({ Version: '1', Statement: statements });
  return { text, sets: { identity: [{ name, type: 'Custom', policy: parsePolicy(text) }] } };
};
/** Folders of users, of which the last is asked for: nothing is decided before all statements were looked at. */
const folders = (count) =>
  named(
    `folders-${count}`,
    Array.from({ length: count }, (_, i) => ({
      Effect: 'Allow',
      Action: ['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'],
      Resource: `acs:oss:*:*:media/users/${count - i}/*`,
    })),
  );
const last = { action: 'oss:PutObject', resource: 'acs:oss:*:1234567890123456:media/users/1/2026/film.mp4' };
const office = {
  ...last,
  context: { 'acs:SourceIp': '10.1.2.3', 'acs:SecureTransport': 'true', 'acs:CurrentTime': '2026-01-01T00:00:00Z' },
};
const guarded = (count) => {
  const { text } = folders(count);
  const { Statement } = JSON.parse(text);
  const Condition = { IpAddress: { 'acs:SourceIp': '10.0.0.0/8' }, Bool: { 'acs:SecureTransport': 'true' } };
  return named(
    `guarded-${count}`,
    Statement.map((statement) => ({ ...statement, Condition })),
  );
};

function contestants() {
  const rows = [];
  for (const count of [1, 10, 100]) {
    const { sets, text } = folders(count);
    rows.push({ name: `allow, ${count} statement${count === 1 ? '' : 's'}`, run: () => authorise(sets, last).allowed });
    const denied = { ...last, action: 'oss:DeleteObject' };
    rows.push({ name: `implicit deny of an action, ${count}`, run: () => !authorise(sets, denied).allowed });
    const conditioned = guarded(count);
    rows.push({ name: `allow by address and TLS, ${count}`, run: () => authorise(conditioned.sets, office).allowed });
    const [policy] = sets.identity;
    const role = { identity: [named('role', [{ Effect: 'Allow', Action: 'oss:*', Resource: '*' }]).sets.identity[0]] };
    const session = { ...role, session: { ...policy, type: 'Session' } };
    rows.push({ name: `session policy of ${count} in a role`, run: () => authorise(session, last).allowed });
    const explained = () => authorise(sets, { ...last, resource: `${last.resource}?`.replace('users', 'others') });
    rows.push({ name: `denied and explained, ${count}`, run: () => explained().explain().sentence.length > 0 });
    rows.push({
      name: `compile, ${count} (${figure(text.length)} characters)`,
      run: () => parsePolicy(text) !== undefined,
    });
  }
  const stars = `acs:oss:*:*:${'*a'.repeat(400)}b`;
  const { sets } = named('hostile', [{ Effect: 'Allow', Action: 'oss:*', Resource: stars }]);
  const long = { ...last, resource: `acs:oss:*:1:${'a'.repeat(1_000)}` };
  rows.push({ name: '400 wildcards on a key of 1 000 characters', run: () => !authorise(sets, long).allowed });
  return rows;
}

/** Milliseconds of processor time of this process: what others take of the machine does not count. */
function spent() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** @returns evaluations a second of processor time */
function measure({ name, run }, span) {
  let count = 0;
  const from = spent();
  let now = from;
  while (now - from < span) {
    for (let i = 0; i < BATCH; i += 1) if (!run()) throw new Error(`${name}: the answer is wrong`);
    count += BATCH;
    now = spent();
  }
  return (count * 1000) / (now - from);
}

/** @param {{ rounds: number, quick?: boolean, only?: string, progress(text: string): void }} options */
export async function policy({ rounds, progress, quick = false, only }) {
  const rows = contestants().filter(({ name }) => only === undefined || name.includes(only));
  const span = quick ? SPAN / 6 : SPAN;
  const figures = new Map(rows.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    progress(`policy, round ${round + 1} of ${rounds}`);
    for (const row of rotated(rows, round)) {
      measure(row, span / 3);
      figures.get(row.name).push(measure(row, span));
    }
  }
  const table = rows.map(({ name }) => {
    const each = figures.get(name);
    return [name, spread(each), figure(1e6 / [...each].sort((a, b) => a - b)[each.length >> 1], 2)];
  });
  return { text: markdownTable(['on one core', 'per second of processor time', 'µs each'], table) };
}
