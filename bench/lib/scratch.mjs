import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// Imported first, so that at an early end its servers are ended before their files are removed.
import './children.mjs';

const FILE_SYSTEMS = new Map([
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x01021994, 'tmpfs'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
]);

/** Where the servers under test keep their files: `BENCH_DIR`, or the directory for temporary files. */
export const scratchRoot = process.env.BENCH_DIR ?? tmpdir();

/** @type {Set<string>} */
const lent = new Set();
process.on('exit', () => {
  for (const directory of lent) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

/**
 * Lends a new directory and removes it with all that is in it.
 * @template T @param {(directory: string) => Promise<T>} use
 */
export async function withScratch(use) {
  const directory = await mkdtemp(join(scratchRoot, 'sluice-bench-'));
  lent.add(directory);
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
    lent.delete(directory);
  }
}

/** Writes out what earlier runs left in the page cache, so that no run pays for another. @param {string} directory */
export function settleDisk(directory) {
  if (process.platform === 'linux') spawnSync('sync', ['-f', directory]);
}

export async function scratchFacts() {
  const { type, bavail, bsize } = await statfs(scratchRoot);
  return { fileSystem: FILE_SYSTEMS.get(type) ?? `file system 0x${type.toString(16)}`, freeBytes: bavail * bsize };
}
