/** nginx, for tests behind a proxy and as a peer: found, or unpacked from Debian's package without installing it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasApt, updateLists } from './debian.mjs';
import { root } from './ready.mjs';

const PLACES = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'];
const CACHE = join(root, 'node_modules', '.cache', 'sluice', 'nginx');
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
  if (!hasApt) return undefined;
  console.error('Fetching nginx …');
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
