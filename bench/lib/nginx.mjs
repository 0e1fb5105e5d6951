/** nginx as a peer: found, or unpacked from Debian's package without installing it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../scripts/ready.mjs';
import { start } from './children.mjs';

const PLACES = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'];
const CACHE = join(root, 'node_modules', '.cache', 'sluice-bench', 'nginx');
const UNPACKED = join(CACHE, 'usr', 'sbin', 'nginx');
/** Where the binary is, by the age of the distribution. */
const PACKAGES = ['nginx', 'nginx-core', 'nginx-light'];

/** @returns {{ file: string, version: string } | undefined} one that runs and has WebDAV */
function probe(file) {
  if (!file || !existsSync(file)) return undefined;
  const { status, stderr } = spawnSync(file, ['-V'], { encoding: 'utf8' });
  const version = /nginx\/([\d.]+)/.exec(stderr ?? '')?.[1];
  return status === 0 && version && stderr.includes('http_dav_module') ? { file, version } : undefined;
}

/**
 * `NGINX`, an installed one, or Debian's package fetched and unpacked beside the other caches: nothing is installed, no
 * service is started and no configuration of the machine is touched.
 *
 * @returns {{ file: string, version: string } | undefined} undefined when there is none to be had
 */
export function findNginx() {
  for (const place of [process.env.NGINX, ...PLACES, UNPACKED]) {
    const found = probe(place);
    if (found) return found;
  }
  if (!existsSync('/usr/bin/apt-get')) return undefined;
  console.error('Fetching nginx to compare with …');
  return fetchPackage() ?? (updateLists() ? fetchPackage() : undefined);
}

function fetchPackage() {
  for (const name of PACKAGES) {
    rmSync(CACHE, { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    const options = { cwd: CACHE, stdio: 'ignore' };
    if (spawnSync('apt-get', ['download', name], options).status !== 0) continue;
    const archive = readdirSync(CACHE).find((file) => file.endsWith('.deb'));
    if (archive) spawnSync('dpkg-deb', ['--extract', archive, '.'], options);
    const found = probe(UNPACKED);
    if (found) return found;
  }
  return undefined;
}

function updateLists() {
  const command = process.getuid?.() === 0 ? ['apt-get', 'update'] : ['sudo', '-n', 'apt-get', 'update'];
  return spawnSync(command[0], command.slice(1), { stdio: ['ignore', 2, 2] }).status === 0;
}

/**
 * One worker, uploads by PUT into `directory`, kept in memory up to `bufferBytes` before they are written.
 * @param {string} file @param {string} directory @param {number} bufferBytes
 */
export async function startNginx(file, directory, bufferBytes) {
  const port = await freePort();
  const inside = (name) => join(directory, name);
  await Promise.all(['files', 'incoming', 'unused'].map((name) => mkdir(inside(name))));
  const unused = ['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${inside('unused')};`);
  // `incoming` is on the file system of `files`: an upload is renamed into place, not copied.
  writeFileSync(
    inside('nginx.conf'),
    `daemon off;
master_process off;
pid ${inside('pid')};
error_log stderr error;
events { worker_connections 128; }
http {
  access_log off;
  client_body_temp_path ${inside('incoming')};
  ${unused.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    client_max_body_size 0;
    client_body_buffer_size ${bufferBytes};
    location / { root ${inside('files')}; dav_methods PUT; }
  }
}
`,
  );
  const child = start([file, '-p', directory, '-c', inside('nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(port)) return { process: child, port };
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error('nginx did not start');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
