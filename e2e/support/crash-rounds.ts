import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { callOss } from './api.js';
import { runCommand } from './command.js';
import { scrubServer } from './control-socket.js';
import { COPY_OF, CrashClient, type Send } from './crash-model.js';
import { allowOss } from './oss-access.js';
import { seeded } from './seeded.js';
import { cli, type ServerProcess, startServer, temporaryDirectory } from './server.js';

const CLIENTS = 6;

/**
 * The server is killed at a random moment under clients of all kinds, started again, and held against what the clients were
 * told; and again. The seed decides what the clients do; when the blow falls is up to the machine too.
 */
export async function crashRounds(rounds: number, seed: number): Promise<void> {
  console.info(`crash rounds: seed ${seed}`);
  const chance = seeded(seed);
  const data = await temporaryDirectory();
  let server = await startServer({ data });
  await server.stop();
  allowOss(data);
  server = await startServer({ data, env: QUIET });
  const clients = Array.from({ length: CLIENTS }, (_, i) => new CrashClient(`c${i}`, seeded(seed + 1 + i)));
  const acknowledged = () => clients.reduce((sum, client) => sum + client.acknowledged, 0);
  try {
    for (let round = 1; round <= rounds; round++) {
      const about = `round ${round} of ${rounds}, seed ${seed}`;
      const work = clients.map((client) => client.work(sender(server)));
      await sleep(chance.integer(5, 400));
      await server.kill();
      await Promise.all(work).catch(explain(about));
      if (chance.next() < 0.2) await killWhileStarting(data, chance.integer(50, 900));
      server = await startServer({ data, env: QUIET });
      await Promise.all(clients.map((client) => client.verify(sender(server)))).catch(explain(about));
      await nothingLeft(data, about);
    }
    expect(await server.stop()).toBe(0);
    const { code, out } = await runCommand(['scrub', '--data', data, '--json']);
    expect({ code, report: JSON.parse(out) }).toMatchObject({ code: 0, report: { clean: true, orphans: 0 } });
    console.info(`crash rounds: ${rounds} kills, ${acknowledged()} answers, all kept`);
    expect(acknowledged()).toBeGreaterThan(rounds);
  } finally {
    if (server.process.exitCode === null && server.process.signalCode === null) await server.kill();
    await rm(data, { recursive: true, force: true });
  }
}

/** Scrubs of the background would only wait for those of the test. */
const QUIET = { SLUICE_LOG_LEVEL: 'error', SLUICE_SCRUB_RATE: '0' };

const explain = (about: string) => (error: unknown) => {
  throw new Error(`${about}: ${(error as Error).message}`, { cause: error });
};

function sender(server: ServerProcess): Send {
  const { appServer, bucket } = server.credentials;
  return async (method, key, query = [], body, { [COPY_OF]: source, ...headers } = {}) => {
    const answer = await callOss(server, appServer, method, bucket, key, {
      query: query.map(([name, value]) => [name, value] as [string, string]),
      headers: source === undefined ? headers : { ...headers, 'x-oss-copy-source': `/${bucket}/${source}` },
      ...(body ? { body } : {}),
    });
    return { ...answer, etag: String(answer.headers.etag ?? '').replaceAll('"', '') };
  };
}

/** The blow may also fall while the last one is being cleared away. */
async function killWhileStarting(data: string, afterMs: number): Promise<void> {
  const args = [cli, 'serve', '--data', data, '--api', '127.0.0.1:0', '--oss', '127.0.0.1:0'];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await sleep(afterMs);
  child.kill('SIGKILL');
  await exited;
}

/** A scrub finds all that is named, sound; and there is no file beside. */
async function nothingLeft(data: string, about: string): Promise<void> {
  let report = await scrubServer(data);
  let files = await countFiles(data);
  // What was discarded is deleted a moment later.
  for (let i = 0; i < 100 && files !== report.blobs; i++) {
    await sleep(20);
    files = await countFiles(data);
    if (i % 20 === 19) report = await scrubServer(data);
  }
  expect({ ...report, files }, about).toMatchObject({ clean: true, damaged: 0, unreadable: 0, files: report.blobs });
}

async function countFiles(data: string): Promise<number> {
  const entries = await readdir(join(data, 'objects'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).length;
}
