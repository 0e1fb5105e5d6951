/** Starts `c/sink.c`: a server that takes uploads of every dialect and throws them away. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { encodeUploadAddress, encodeUploadAuth } from '@sluice/wire';
import { firstLine, start } from './children.mjs';
import { nativeProgram } from './native.mjs';

const LOOPBACK = '127.0.0.1';
const LIFE_SECONDS = 12 * 3600;

/**
 * What CreateUploadVideo answers, for an upload to the sink itself. The sink puts another number for each `#` run.
 * @param {string} origin of the sink
 */
function grantText(origin) {
  const address = { Endpoint: origin, Bucket: 'bench', FileName: 'media/bench.mp4' };
  const auth = {
    AccessKeyId: 'STS.bench',
    AccessKeySecret: 'bench-secret',
    SecurityToken: 'bench-token',
    Expiration: String(LIFE_SECONDS),
    ExpireUTCTime: new Date(Date.now() + LIFE_SECONDS * 1000).toISOString().replace(/\.\d+/, ''),
    Region: 'cn-shanghai',
  };
  return JSON.stringify({
    RequestId: 'bench',
    VideoId: `bench##########`,
    UploadAddress: encodeUploadAddress(address),
    UploadAuth: encodeUploadAuth(auth),
  });
}

/**
 * @param {string} directory for its one small file
 * @param {{ host?: string, prefix?: readonly string[], port?: number }} [options] where it listens, and the words before the
 *   command (to run it in a network namespace)
 */
export async function startSink(directory, { host = LOOPBACK, prefix = [], port: wanted } = {}) {
  // Known before it is started, because its answers name it.
  const port = wanted ?? (await freePort());
  const origin = `http://${host}:${port}`;
  const grant = join(directory, `grant-${port}.json`);
  writeFileSync(grant, grantText(origin));
  const command = [...prefix, nativeProgram('sink'), '-h', host, '-p', String(port), '-g', grant];
  const child = start(command, { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstLine(child);
  return { process: child, host, port, origin };
}

async function freePort() {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
