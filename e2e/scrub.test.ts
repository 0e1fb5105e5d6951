/** `sluice scrub`, beside a running server and without one. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { callOss } from './support/api.js';
import { runCommand } from './support/command.js';
import { allowOss } from './support/oss-access.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

interface Report {
  readonly blobs: number;
  readonly clean: boolean;
  readonly damaged: number;
  readonly healed: number;
  readonly quarantine: readonly { readonly blob: string; readonly objects: readonly { readonly key: string }[] }[];
}

let data: string;
let server: ServerProcess;
const body = randomBytes(300_000);

beforeAll(async () => {
  data = await temporaryDirectory();
  await (await startServer({ data })).stop();
  allowOss(data);
  server = await startServer({ data });
  for (const key of ['a', 'b', 'c']) await oss('PUT', key, body);
});
afterAll(async () => {
  await server.stop();
  await rm(data, { recursive: true, force: true });
});

const oss = (method: string, key: string, content?: Buffer) =>
  callOss(
    server,
    server.credentials.appServer,
    method,
    server.credentials.bucket,
    key,
    content ? { body: content } : {},
  );

async function scrub(...more: string[]): Promise<{ code: number | null; report: Report }> {
  const { code, out, err } = await runCommand(['scrub', '--data', data, '--json', ...more]);
  expect(err).toBe('');
  return { code, report: JSON.parse(out) as Report };
}

/** As monitoring would ask for it. */
async function scrubStatus(): Promise<{ busy: boolean }> {
  const req = request({ socketPath: join(data, 'control.sock'), path: '/scrub' }).end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  return (await json(res)) as { busy: boolean };
}

/** Turns one bit of some blob. */
async function flip(): Promise<void> {
  const entries = await readdir(join(data, 'objects'), { recursive: true, withFileTypes: true });
  const entry = entries.filter((one) => one.isFile()).sort((a, b) => (a.name < b.name ? -1 : 1))[0];
  const file = join(entry?.parentPath ?? '', entry?.name ?? '');
  const bytes = await readFile(file);
  bytes[1000] = (bytes[1000] as number) ^ 4;
  await writeFile(file, bytes);
}

test('damage is found beside the running server, and again when it is stopped, and gone when it is repaired', async () => {
  expect(await scrub()).toMatchObject({ code: 0, report: { blobs: 3, clean: true, quarantine: [] } });
  await flip();
  const { code, report } = await scrub('--rate', '100');
  expect({ code, ...report }).toMatchObject({ code: 5, clean: false, damaged: 1 });
  const key = report.quarantine[0]?.objects[0]?.key ?? '';
  expect((await oss('GET', key)).status).toBe(500);
  expect((await oss('GET', key)).body.toString()).toContain('quarantined');
  const shown = await runCommand(['scrub', '--data', data]);
  expect(shown.code).toBe(5);
  expect(shown.out).toContain(`changed: "${server.credentials.bucket}/${key}"`);

  await server.stop();
  expect(await scrub()).toMatchObject({ code: 5, report: { damaged: 0, quarantine: [{ objects: [{ key }] }] } });
  await flip();
  expect(await scrub()).toMatchObject({ code: 0, report: { healed: 1, clean: true } });
  server = await startServer({ data });
  expect((await oss('GET', key)).body.equals(body)).toBe(true);
});

test('the socket for commands is for nobody else', async () => {
  expect((await stat(join(data, 'control.sock'))).mode & 0o777).toBe(0o600);
});

test('a killed server leaves no obstacle: not for a scrub, not for the next server', async () => {
  await server.kill();
  expect(await scrub()).toMatchObject({ code: 0, report: { clean: true } });
  server = await startServer({ data });
  expect(await scrub()).toMatchObject({ code: 0, report: { clean: true } });
});

test('Ctrl-C ends it on the server too', async () => {
  const child = spawn(process.execPath, [cli, 'scrub', '--data', data, '--rate', '0.05'], { stdio: 'ignore' });
  while (!(await scrubStatus()).busy) await sleep(20);
  const second = await runCommand(['scrub', '--data', data]);
  expect(second).toMatchObject({ code: 1, err: expect.stringContaining('running already') });
  const exited = once(child, 'exit');
  child.kill('SIGINT');
  expect((await exited)[0]).toBe(130);
  expect((await scrub()).code).toBe(0);
});

test('a directory without a database is refused in one line, and none is made', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'sluice-empty-'));
  const { code, err } = await runCommand(['scrub', '--data', empty]);
  expect(code).toBe(1);
  expect(err).toMatch(/^sluice: there is no database .*--data\n$/);
  expect(await readdir(empty)).toEqual([]);
  await rm(empty, { recursive: true });
});

test('a rate that is none is refused', async () => {
  expect((await runCommand(['scrub', '--rate', '0'])).code).toBe(2);
});
