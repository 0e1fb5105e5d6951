/** The server is killed again and again at random moments under parallel uploads; nothing acknowledged is lost. */
import { randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createUploader } from '@sluice/uploader/node';
import { expect, test } from 'vitest';
import { requestToken } from './support/api.js';
import { writeSample } from './support/files.js';
import { type ServerProcess, startServer, temporaryDirectory } from './support/server.js';
import { storedMedia } from './support/stored.js';

const ROUNDS = 60;
const FILES = 3;
const SIZE = 400_000_000;

test(`${ROUNDS} kills under ${FILES} uploads`, async () => {
  const data = await temporaryDirectory();
  const files = Array.from({ length: FILES }, (_, i) => join(data, '..', `sluice-crash-${process.pid}-${i}.mp4`));
  let server: ServerProcess = await startServer({ data });
  const ports = { api: `127.0.0.1:${server.apiPort}`, oss: `127.0.0.1:${server.ossPort}` };
  const uploader = createUploader({
    endpoint: server.api,
    credentials: () => requestToken(server),
    partSize: 102_400,
    parallel: 2,
    checkpoints: false,
    retryCount: 1000,
    retryDelay: 20,
  });
  try {
    const hashes = await Promise.all(files.map((file, i) => writeSample(file, SIZE, i + 1)));
    const done = files.map((file) => uploader.upload(file).done);
    let kills = 0;
    let over = false;
    const all = Promise.all(done).finally(() => {
      over = true;
    });
    while (!over && kills < ROUNDS) {
      await sleep(randomInt(20, 700));
      if (over) break;
      await server.kill();
      kills++;
      server = await startServer({ data, ...ports });
    }
    const results = await all;
    console.info(`${kills} kills`);
    expect(kills).toBeGreaterThanOrEqual(10);
    for (const [i, { videoId }] of results.entries()) {
      expect(await storedMedia(server, videoId ?? '')).toMatchObject({ size: SIZE, sha256: hashes[i] });
    }
  } finally {
    uploader.close();
    await server.stop();
    await Promise.all([data, ...files].map((path) => rm(path, { recursive: true, force: true })));
  }
});
