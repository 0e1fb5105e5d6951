import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSample } from './support/files.js';
import { repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

let server: ServerProcess;
let directory: string;

beforeAll(async () => {
  [server, directory] = await Promise.all([startServer(), temporaryDirectory()]);
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

const example = (name: string, ...args: string[]) =>
  spawn(process.execPath, [join(repository, 'examples', name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_STATE_HOME: directory },
  });

test('the AppServer of the examples vends tokens, and the upload script uses them', async () => {
  const appServer = example('app-server/server.mjs', join(server.data, 'credentials.json'), server.api, '0');
  try {
    const [url] = (await once(createInterface({ input: appServer.stdout }), 'line')) as [string];
    expect((await fetch(`${url}/token`)).status).toBe(401);

    const file = join(directory, 'example.mp4');
    const expected = await writeSample(file, 3_000_000, 12);
    const upload = example('node-upload/upload.mjs', file, server.api, `${url}/token`, 'ada');
    const [line] = (await once(createInterface({ input: upload.stdout }), 'line')) as [string];
    const { videoId, size } = JSON.parse(line) as { videoId: string; size: number };
    expect(size).toBe(3_000_000);
    expect((await storedMedia(server, videoId)).sha256).toBe(expected);

    // Nobody: what the AppServer answers is what is told.
    const told = await text(example('node-upload/upload.mjs', file, server.api, `${url}/token`).stderr);
    expect(told).toContain('No token (HTTP 401).');
  } finally {
    appServer.kill();
  }
});
