/** The configuration of nginx that docs/settings.md shows, with ports and files of its own; where nginx is to be had. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findNginx } from '../scripts/nginx.mjs';
import { freePort } from './support/free-port.js';
import { cli, repository, type ServerProcess, startServer, temporaryDirectory } from './support/server.js';

const nginx = findNginx();
const appKey = 'a-key-of-16-signs-and-more';
let server: ServerProcess | undefined;
let directory = '';
let stopProxy: (() => Promise<void>) | undefined;
afterEach(async () => {
  await stopProxy?.();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

/** The block of the page, for this machine. */
function configuration(port: number, { apiPort, ossPort }: ServerProcess): string {
  const page = readFileSync(join(repository, 'docs', 'settings.md'), 'utf8');
  const shown = /```nginx\n(.*?)```/s.exec(page)?.[1] ?? '';
  const servers = shown
    .replaceAll('listen 443', `listen 127.0.0.1:${port}`)
    .replaceAll('example.com', 'localhost')
    .replaceAll('/etc/ssl', directory)
    .replaceAll('127.0.0.1:8400', `127.0.0.1:${apiPort}`)
    .replaceAll('127.0.0.1:8401', `127.0.0.1:${ossPort}`);
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`);
  const log = 'error_log error.log; access_log off;';
  return `daemon off; pid pid; error_log error.log; events {}\nhttp { ${log} ${places.join(' ')}\n${servers}}\n`;
}

async function startProxy(port: number, target: ServerProcess): Promise<void> {
  const files = ['-keyout', join(directory, 'sluice.key'), '-out', join(directory, 'sluice.pem')];
  const names = [
    '-subj',
    '/CN=sluice',
    '-addext',
    'subjectAltName=DNS:vod.localhost,DNS:oss.localhost,DNS:*.oss.localhost',
  ];
  expect(spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...names]).status).toBe(0);
  writeFileSync(join(directory, 'nginx.conf'), configuration(port, target));
  const child = spawn(nginx?.file ?? '', ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  stopProxy = async () => {
    child.kill('SIGTERM');
    await exited;
  };
}

test.runIf(nginx)('an upload through nginx as the settings page sets it up', async () => {
  directory = await temporaryDirectory();
  const data = join(directory, 'data');
  mkdirSync(data);
  const port = await freePort();
  server = await startServer({
    data,
    args: ['--oss-url', `https://oss.localhost:${port}`, '--app-key', appKey],
    env: { SLUICE_TRUSTED_PROXIES: '127.0.0.1' },
  });
  await startProxy(port, server);
  const file = join(directory, 'film.mp4');
  writeFileSync(file, randomBytes(12_000_000));
  const command = ['upload', '--endpoint', `https://vod.localhost:${port}`, '--state-dir', join(directory, 'state')];
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(directory, 'sluice.pem'), SLUICE_APP_KEY: appKey };
  const upload = spawn(process.execPath, [cli, ...command, '--json', file], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  upload.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  expect((await once(upload, 'exit'))[0]).toBe(0);
  const done = output.split('\n').find((line) => line.includes('"done"')) ?? '{}';
  expect(JSON.parse(done)).toMatchObject({ bytes: 12_000_000 });
  const part = await server.logged(({ operation }) => operation === 'UploadPart');
  expect(part.status).toBe(200);
});
