/** What the operator does while no server runs: killed at any moment, neither the act nor its record is there alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from './support/command.js';
import { cli, startServer, temporaryDirectory } from './support/server.js';

let data: string;
beforeAll(async () => {
  data = await temporaryDirectory();
  await (await startServer({ data, env: { SLUICE_LOG_LEVEL: 'error' } })).stop();
});
afterAll(() => rm(data, { recursive: true, force: true }));

const ACTS = [
  ['keys', 'rotate'],
  ['revoke', '--role', 'sluice-upload'],
  ['ram', 'bootstrap', '--replace'],
] as const;

interface Shown {
  readonly Action: string;
  readonly Outcome: string;
  readonly Subject?: string;
  readonly Detail: Readonly<Record<string, unknown>>;
}

async function records(): Promise<Shown[]> {
  const args = ['audit', 'list', '--data', data, '--json', '--principal', 'operator', '--limit', '1000'];
  const { code, out, err } = await runCommand(args);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Shown).reverse();
}

function stored() {
  const db = new DatabaseSync(join(data, 'sluice.db'), { readOnly: true });
  try {
    const count = (sql: string) => (db.prepare(sql).get() as { n: number }).n;
    const { key } = (db
      .prepare(
        "SELECT access_key_id AS key FROM access_keys JOIN users USING (user_id) WHERE user_name = 'admin' ORDER BY 1",
      )
      .get() ?? {}) as { key?: string };
    return { revocations: count('SELECT count(*) AS n FROM revocations'), key };
  } finally {
    db.close();
  }
}

test('kill -9 in the middle leaves the trail whole, and in step with what was done', async () => {
  const killed: number[] = [];
  for (const act of ACTS) {
    const started = performance.now();
    expect((await runCommand([...act, '--data', data])).code).toBe(0);
    const whole = performance.now() - started;
    // The beginning of a command is the loading of its modules.
    for (const part of [0.8, 0.92]) {
      const child = spawn(process.execPath, [cli, ...act, '--data', data], { stdio: 'ignore' });
      const exited = once(child, 'exit');
      await Promise.race([sleep(whole * part), exited]);
      child.kill('SIGKILL');
      await exited;
      if (child.signalCode === 'SIGKILL') killed.push(part);
    }
  }
  const all = await records();
  const of = (action: string) => all.filter(({ Action, Outcome }) => Action === action && Outcome === 'Allowed');
  const { revocations, key } = stored();
  expect(revocations).toBe(of('sts:RevokeSessions').length);
  expect(key).toBe(of('ram:Bootstrap').at(-1)?.Subject?.slice('key:'.length));
  const ring = JSON.parse(readFileSync(join(data, 'keyring.json'), 'utf8')) as { keys: unknown[] };
  const steps = (step: string) => of('keys:Rotate').filter(({ Detail }) => Detail.step === step).length;
  expect(steps('begin')).toBeGreaterThanOrEqual(ring.keys.length - 1);
  expect(steps('done')).toBeLessThanOrEqual(ring.keys.length - 1);
  expect(steps('done')).toBeGreaterThan(0);
  expect((await runCommand(['audit', 'verify', '--data', data])).code).toBe(0);
  expect(killed.length).toBeGreaterThan(0);
}, 120_000);

test('sluice audit list tells in a line who it was, and why what was refused was', async () => {
  const { out } = await runCommand(['audit', 'list', '--data', data, '--action', 'ram:Bootstrap', '--limit', '1']);
  expect(out).toMatch(/^\S+Z Allowed operator ram:Bootstrap acs:ram:\*:\d+:user\/admin local \{"user":"admin"/);
});
