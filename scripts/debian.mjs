/** Debian's packages, on machines that have them and where we may. Elsewhere nothing happens. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const hasApt = existsSync('/usr/bin/apt-get');

/** Installs them, without what they recommend. @param {readonly string[]} packages @param {string} what e.g. `Ceph for the tests of the S3 engine` */
export function installPackages(packages, what) {
  if (!hasApt) return;
  console.error(`Installing ${what} …`);
  updateLists();
  asRoot(['apt-get', 'install', '-y', '--no-install-recommends', ...packages]);
}

/** @returns {boolean} whether the lists of packages are those of now */
export function updateLists() {
  return asRoot(['apt-get', 'update']);
}

/** By sudo where it asks for no password; its output on our standard error. @param {readonly string[]} command @returns {boolean} */
export function asRoot(command) {
  const [program, ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { stdio: ['ignore', 2, 2], env }).status === 0;
}
