/** The audit trail of the product: what was acknowledged is in it after kill -9, and `sluice audit` reads it. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callOss } from './support/api.js';
import { runCommand } from './support/command.js';
import { allowOss } from './support/oss-access.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

let data: string;
let server: ServerProcess;
const env = { SLUICE_LOG_LEVEL: 'error', SLUICE_SCRUB_RATE: '0' };

beforeEach(async () => {
  data = await temporaryDirectory();
  await (await startServer({ data, env })).stop();
  allowOss(data);
  server = await startServer({ data, env });
});
afterEach(async () => {
  if (server.process.exitCode === null && server.process.signalCode === null) await server.kill();
  await rm(data, { recursive: true, force: true });
});

interface Shown {
  readonly Action: string;
  readonly Principal: string;
  readonly Resource: string;
  readonly Seq: number;
  readonly Hash: string;
}

const lines = (out: string): Shown[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Shown);

async function list(...more: string[]): Promise<Shown[]> {
  const { code, out, err } = await runCommand([
    'audit',
    'list',
    '--data',
    data,
    '--json',
    '--limit',
    '100000',
    ...more,
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return lines(out);
}

async function verify(...more: string[]) {
  const { code, out } = await runCommand(['audit', 'verify', '--data', data, '--json', ...more]);
  return {
    code,
    report: JSON.parse(out) as { clean: boolean; head: { seq: number; hash: string }; findings: { kind: string }[] },
  };
}

test('kill -9 under parallel writes loses no record of what was acknowledged', async () => {
  const acknowledged: string[] = [];
  const { appServer, bucket } = server.credentials;
  for (let round = 0; round < 3; round++) {
    const running = server;
    let dead = false;
    const writers = Array.from({ length: 6 }, async (_, writer) => {
      for (let i = 0; !dead; i++) {
        const key = `r${round}-w${writer}-${i}`;
        try {
          await callOss(running, appServer, 'PUT', bucket, key, { body: Buffer.from(key) });
          acknowledged.push(key);
        } catch {
          return;
        }
      }
    });
    await sleep(400);
    await running.kill();
    dead = true;
    await Promise.all(writers);
    server = await startServer({ data, env });
  }
  expect(acknowledged.length).toBeGreaterThan(10);
  const recorded = new Set((await list('--action', 'oss:PutObject')).map(({ Resource }) => Resource.split('/').at(-1)));
  expect(acknowledged.filter((key) => !recorded.has(key))).toEqual([]);
  expect(await verify()).toMatchObject({ code: 0, report: { clean: true } });
}, 180_000);

test('sluice audit reads the trail of a running server, and of a stopped one', async () => {
  const { appServer, bucket } = server.credentials;
  await callOss(server, appServer, 'PUT', bucket, 'seen', { body: Buffer.from('x') });
  const running = await list('--principal', 'user/*', '--action', 'oss:PutObject');
  expect(running).toMatchObject([{ Principal: 'user/appserver', Resource: expect.stringMatching(/\/seen$/) }]);
  const story = await runCommand(['audit', 'story', '--data', data, String(running[0]?.Resource)]);
  expect(story.out).toMatch(
    /Allowed user\/appserver oss:PutObject acs:oss:\S+ \S+ \[Allow oss:PutObject by Custom\/E2eOss\[0\]\] \{/,
  );
  const nothing = await runCommand(['audit', 'story', '--data', data, '--json', 'nosuch']);
  expect(nothing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('nothing is recorded of nosuch') });
  const before = await verify();
  expect(before).toMatchObject({ code: 0, report: { findings: [] } });
  expect(await server.stop()).toBe(0);

  const { seq, hash } = before.report.head;
  expect(await verify('--checkpoint', `${seq}:${hash}`)).toMatchObject({ code: 0, report: { clean: true } });
  expect((await list()).map(({ Action }) => Action)).toContain('server:Stop');
  const lie = await verify('--checkpoint', `${seq}:${'0'.repeat(64)}`);
  expect(lie).toMatchObject({ code: 5, report: { findings: [{ kind: 'checkpoint' }] } });
  await writeFile(join(data, 'audit-head.json'), '{}');
  expect(await verify()).toMatchObject({ code: 5, report: { findings: [{ kind: 'head' }] } });
  expect((await runCommand(['audit', 'verify', '--checkpoint', 'nonsense'])).code).toBe(2);
  expect((await runCommand(['audit', 'list', '--data', join(data, 'nowhere')])).code).toBe(1);
}, 180_000);
