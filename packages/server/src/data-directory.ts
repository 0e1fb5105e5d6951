import { access, constants, mkdir, open, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** The data directory cannot be used; the message is one line for the operator. */
export class DataDirectoryUnusable extends Error {
  override readonly name = 'DataDirectoryUnusable';
}

/** Creates the directory (mode 0700), durably, when it is missing. @returns its absolute path @throws {DataDirectoryUnusable} */
export async function openDataDirectory(path: string): Promise<string> {
  const directory = resolve(path);
  try {
    await makeDirectories(directory);
    if (!(await stat(directory)).isDirectory()) throw new Error('it is not a directory');
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    return directory;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why =
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'it is not writable'
        : code === 'EEXIST' || code === 'ENOTDIR'
          ? 'it is not a directory'
          : message;
    throw new DataDirectoryUnusable(`the data directory ${directory} cannot be used: ${why}; choose another --data`);
  }
}

/**
 * One level at a time: Node's `recursive` turns in circles for ever where a file system refuses new entries with ENOENT,
 * as procfs does.
 */
async function makeDirectories(directory: string): Promise<void> {
  const parent = dirname(directory);
  if (parent === directory) return;
  try {
    if ((await stat(directory)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeDirectories(parent);
  }
  await mkdir(directory, { mode: 0o700 });
  await syncDirectory(parent);
}

/** What was made, renamed or removed in the directory is on disk when it resolves. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether there is a directory of that name, and something in it. */
export async function holdsEntries(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Whether there is a file of that name, readable or not. */
export async function isThere(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
