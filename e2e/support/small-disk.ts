import { spawnSync } from 'node:child_process';

/** Runs a command with a small file system of its own, which goes when the command does. */
export interface SmallDisk {
  /** What to put before a command. */
  readonly before: readonly string[];
  /** Where it is, seen from the command. */
  readonly directory: string;
}

/**
 * A tmpfs in a mount namespace of its own: for root, and for others where the system lets them have one.
 * @returns `undefined` where it does not
 */
export function smallDisk(mebibytes: number, extra = ''): SmallDisk | undefined {
  const directory = '/mnt';
  const script = `mount -t tmpfs -o size=${mebibytes}m${extra} tmpfs ${directory} && exec "$@"`;
  const flags = process.getuid?.() === 0 ? ['-m'] : ['-r', '-m'];
  const before = ['unshare', ...flags, 'sh', '-c', script, 'sh'];
  const [command = '', ...args] = before;
  return spawnSync(command, [...args, 'true']).status === 0 ? { before, directory } : undefined;
}
